import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { expect } from 'chai';
import { MillraceError } from '../../../core/errors.js';
import { type FileSystem, joinPath } from '../../../core/fs/index.js';

export interface FileSystemUnderTest {
  fs: FileSystem;
  /** A directory with scheme that is there and empty, for one test alone. */
  root: string;
}

/** What every file system of the platform does. `setUp` is called before each test. */
export function fileSystemContract(setUp: () => Promise<FileSystemUnderTest>): void {
  describe('as every file system', () => {
    let fs: FileSystem;
    let root: string;
    const at = (...names: string[]): string => joinPath(root, ...names);

    beforeEach(async () => {
      ({ fs, root } = await setUp());
    });

    afterEach(async () => {
      await fs.delete(root, { recursive: true });
      await fs.close();
    });

    describe('reading and writing', () => {
      it('gives back what was written', async () => {
        const data = randomBytes(300_000);
        await fs.writeFile(at('f'), data);
        expect((await fs.readFile(at('f'))).equals(data)).to.equal(true);
      });

      it('keeps an empty file', async () => {
        await fs.writeFile(at('empty'), '');
        expect(await fs.stat(at('empty'))).to.include({ type: 'file', length: 0 });
        expect(await fs.readFile(at('empty'))).to.have.length(0);
      });

      it('makes missing parents of a file', async () => {
        await fs.writeFile(at('a/b/c'), 'x');
        expect(await fs.stat(at('a/b'))).to.include({ type: 'directory' });
      });

      it('reads from an offset, and at most so many bytes', async () => {
        await fs.writeFile(at('f'), '0123456789');
        expect(await text(await fs.open(at('f'), { offset: 4 }))).to.equal('456789');
        expect(await text(await fs.open(at('f'), { offset: 4, length: 3 }))).to.equal('456');
        expect(await text(await fs.open(at('f'), { offset: 8, length: 100 }))).to.equal('89');
        expect(await text(await fs.open(at('f'), { length: 0 }))).to.equal('');
      });

      it('reads nothing at the very end, and refuses to start past it', async () => {
        await fs.writeFile(at('f'), '0123456789');
        await fs.writeFile(at('empty'), '');
        expect(await text(await fs.open(at('f'), { offset: 10 }))).to.equal('');
        expect(await text(await fs.open(at('empty')))).to.equal('');
        await fails('END_OF_FILE', async () => text(await fs.open(at('f'), { offset: 11 })));
        await fails('END_OF_FILE', async () => text(await fs.open(at('f'), { offset: 11, length: 0 })));
        await fails('END_OF_FILE', async () => text(await fs.open(at('empty'), { offset: 1 })));
      });

      it('lets a reader stop early', async () => {
        await fs.writeFile(at('big'), Buffer.alloc(2_000_000, 'x'));
        const stream = await fs.open(at('big'));
        for await (const chunk of stream) {
          expect((chunk as Buffer).length).to.be.greaterThan(0);
          break;
        }
        expect(stream.destroyed).to.equal(true);
      });

      it('says what can not be read', async () => {
        await fs.mkdirs(at('dir'));
        await fails('FILE_NOT_FOUND', () => fs.open(at('missing')));
        await fails('FILE_NOT_FOUND', () => fs.readFile(at('missing')));
        await fails('IS_A_DIRECTORY', () => fs.open(at('dir')));
        await fails('IS_A_DIRECTORY', () => fs.readFile(at('dir')));
      });

      it('refuses relative paths of its own scheme and paths of another', async () => {
        await fails('ILLEGAL_ARGUMENT', () => fs.stat('nosuchscheme://x/y'));
        await fails('ILLEGAL_ARGUMENT', () => fs.stat(''));
      });
    });

    describe('a writer', () => {
      it('shows the file only when it is whole', async () => {
        const writer = await fs.create(at('f'));
        await writer.write(Buffer.alloc(200_000, 'a'));
        expect(await fs.exists(at('f'))).to.equal(false);
        await writer.write(Buffer.from('end'));
        await writer.close();
        expect((await fs.stat(at('f'))).length).to.equal(200_003);
        expect((await fs.list(root)).map(entry => entry.name)).to.deep.equal(['f']);
      });

      it('shows the earlier file until the new one is whole', async () => {
        await fs.writeFile(at('f'), 'old');
        const writer = await fs.create(at('f'), { overwrite: true });
        await writer.write(Buffer.from('new'));
        expect(String(await fs.readFile(at('f')))).to.equal('old');
        await writer.close();
        expect(String(await fs.readFile(at('f')))).to.equal('new');
      });

      it('leaves nothing behind after abort, also when called twice', async () => {
        await fs.writeFile(at('kept'), 'old');
        for (const name of ['f', 'kept']) {
          const writer = await fs.create(at(name), { overwrite: true });
          await writer.write(Buffer.alloc(100_000, 'a'));
          await writer.abort();
          await writer.abort();
        }
        expect((await fs.list(root)).map(entry => entry.name)).to.deep.equal(['kept']);
        expect(String(await fs.readFile(at('kept')))).to.equal('old');
      });

      it('can be aborted before anything was written', async () => {
        const writer = await fs.create(at('f'));
        await writer.abort();
        expect(await fs.list(root)).to.deep.equal([]);
      });

      it('may be closed twice, and abort after close changes nothing', async () => {
        const writer = await fs.create(at('f'));
        await writer.write(Buffer.from('x'));
        await Promise.all([writer.close(), writer.close()]);
        await writer.abort();
        expect(String(await fs.readFile(at('f')))).to.equal('x');
      });

      it('takes nothing after close', async () => {
        const writer = await fs.create(at('f'));
        await writer.close();
        await fails('ILLEGAL_STATE', () => writer.write(Buffer.from('x')));
      });

      it('leaves the array to its caller once write resolved', async () => {
        const writer = await fs.create(at('f'));
        const buffer = new Uint8Array(70_000);
        for (let i = 1; i <= 3; i++) {
          buffer.fill(i);
          await writer.write(buffer);
        }
        buffer.fill(9);
        await writer.close();
        const read = await fs.readFile(at('f'));
        expect([read[0], read[69_999], read[70_000], read[140_000], read[209_999]]).to.deep.equal([1, 1, 2, 3, 3]);
      });

      it('writes many small pieces in order', async () => {
        const writer = await fs.create(at('f'));
        let expected = '';
        for (let i = 0; i < 5_000; i++) {
          const piece = `${i} `;
          expected += piece;
          await writer.write(Buffer.from(piece));
        }
        await writer.close();
        expect(String(await fs.readFile(at('f')))).to.equal(expected);
      });

      it('does not replace a file unless told to', async () => {
        await fs.writeFile(at('f'), 'old');
        const error = await fails('FILE_ALREADY_EXISTS', () => fs.create(at('f')));
        expect(error.context['path']).to.be.a('string').that.includes('/f');
        await fails('FILE_ALREADY_EXISTS', () => fs.writeFile(at('f'), 'new'));
        expect(String(await fs.readFile(at('f')))).to.equal('old');
      });

      it('lets one of several win who create the same file without overwrite', async () => {
        const writers = await Promise.all([1, 2, 3, 4].map(() => fs.create(at('f'))));
        await Promise.all(writers.map((writer, i) => writer.write(Buffer.from(`writer ${i}`))));
        const ends = await Promise.allSettled(writers.map(writer => writer.close()));
        const winners = ends.flatMap((end, i) => (end.status === 'fulfilled' ? [i] : []));
        expect(winners).to.have.length(1);
        for (const end of ends) {
          if (end.status === 'rejected') expect(end.reason).to.include({ code: 'FILE_ALREADY_EXISTS' });
        }
        expect(String(await fs.readFile(at('f')))).to.equal(`writer ${winners[0]}`);
        expect((await fs.list(root)).map(entry => entry.name)).to.deep.equal(['f']);
      });

      it('puts no file in the place of a directory, nor below a file', async () => {
        await fs.mkdirs(at('dir'));
        await fs.writeFile(at('f'), 'x');
        await fails('FILE_ALREADY_EXISTS', () => fs.create(at('dir')));
        await fails('IS_A_DIRECTORY', () => fs.create(at('dir'), { overwrite: true }));
        await fails('NOT_A_DIRECTORY', () => fs.writeFile(at('f/below'), 'x'));
      });

      it('gives the file the permission asked for', async () => {
        await fs.writeFile(at('default'), 'x');
        await fs.writeFile(at('secret'), 'x', { permission: '600' });
        await fs.writeFile(at('shared'), 'x', { permission: '664' });
        const permissions = (await fs.list(root)).map(entry => `${entry.name} ${entry.permission}`);
        expect(permissions).to.deep.equal(['default 644', 'secret 600', 'shared 664']);
      });
    });

    describe('append', () => {
      it('adds to the end', async () => {
        await fs.writeFile(at('f'), 'one ');
        await fs.append(at('f'), Buffer.from('two '));
        await fs.append(at('f'), Buffer.from('three'));
        expect(String(await fs.readFile(at('f')))).to.equal('one two three');
      });

      it('needs a file that is there', async () => {
        await fs.mkdirs(at('dir'));
        await fails('FILE_NOT_FOUND', () => fs.append(at('missing'), Buffer.from('x')));
        expect(await fs.exists(at('missing'))).to.equal(false);
        await fails('IS_A_DIRECTORY', () => fs.append(at('dir'), Buffer.from('x')));
      });
    });

    describe('stat, list and exists', () => {
      it('describe a file and a directory', async () => {
        const before = Date.now() - 2000;
        await fs.writeFile(at('f'), 'abc');
        const file = await fs.stat(at('f'));
        expect(file).to.include({ path: at('f'), name: 'f', type: 'file', length: 3 });
        expect(file.modificationTime).to.be.within(before, Date.now() + 2000);
        expect(file.owner).to.have.length.greaterThan(0);
        const dir = await fs.stat(root);
        expect(dir).to.include({ path: root, type: 'directory', length: 0 });
      });

      it('take paths without a scheme', async () => {
        await fs.writeFile(at('f'), 'abc');
        const bare = new URL(root).pathname;
        expect(await fs.stat(`${bare}/f`)).to.deep.equal(await fs.stat(at('f')));
      });

      it('list entries sorted by name, each as stat shows it', async () => {
        for (const name of ['b', 'a', 'B', 'aa', '10', '9']) await fs.writeFile(at(name), name);
        await fs.mkdirs(at('dir/below'));
        const entries = await fs.list(root);
        expect(entries.map(entry => entry.name)).to.deep.equal(['10', '9', 'B', 'a', 'aa', 'b', 'dir']);
        for (const entry of entries) expect(entry).to.deep.equal(await fs.stat(entry.path));
      });

      it('list a file as itself, and an empty directory as nothing', async () => {
        await fs.writeFile(at('f'), 'abc');
        await fs.mkdirs(at('dir'));
        expect(await fs.list(at('f'))).to.deep.equal([await fs.stat(at('f'))]);
        expect(await fs.list(at('dir'))).to.deep.equal([]);
      });

      it('say when nothing is there', async () => {
        await fs.writeFile(at('f'), 'abc');
        await fails('FILE_NOT_FOUND', () => fs.stat(at('missing')));
        await fails('FILE_NOT_FOUND', () => fs.list(at('missing')));
        expect(await fs.exists(at('missing'))).to.equal(false);
        expect(await fs.exists(at('f'))).to.equal(true);
        expect(await fs.exists(root)).to.equal(true);
        expect(await fs.exists(at('f/below'))).to.equal(false);
        await fails('FILE_NOT_FOUND', () => fs.stat(at('f/below')));
        await fails('FILE_NOT_FOUND', () => fs.list(at('f/below')));
        await fails('FILE_NOT_FOUND', () => fs.readFile(at('f/below')));
        expect(await fs.delete(at('f/below'), { recursive: true })).to.equal(false);
      });
    });

    describe('mkdirs', () => {
      it('makes parents, and minds no directory that is there', async () => {
        await fs.mkdirs(at('a/b/c'));
        await fs.writeFile(at('a/b/c/f'), 'x');
        await fs.mkdirs(at('a/b/c'));
        expect((await fs.list(at('a/b/c'))).map(entry => entry.name)).to.deep.equal(['f']);
      });

      it('gives a new directory its permission and leaves one that is there', async () => {
        await fs.mkdirs(at('private'), '700');
        await fs.mkdirs(at('open'), '777');
        await fs.mkdirs(at('private'), '777');
        expect((await fs.list(root)).map(entry => entry.permission)).to.deep.equal(['777', '700']);
      });

      it('does not replace a file, nor go through one', async () => {
        await fs.writeFile(at('f'), 'x');
        await fails('FILE_ALREADY_EXISTS', () => fs.mkdirs(at('f')));
        await fails('NOT_A_DIRECTORY', () => fs.mkdirs(at('f/below')));
      });
    });

    describe('rename', () => {
      it('moves a file and a directory', async () => {
        await fs.writeFile(at('dir/f'), 'x');
        await fs.rename(at('dir/f'), at('dir/g'));
        await fs.rename(at('dir'), at('moved'));
        expect(String(await fs.readFile(at('moved/g')))).to.equal('x');
        expect(await fs.exists(at('dir'))).to.equal(false);
      });

      it('refuses a target that is there', async () => {
        await fs.writeFile(at('a'), 'a');
        await fs.writeFile(at('b'), 'b');
        await fs.mkdirs(at('d1'));
        await fs.mkdirs(at('d2'));
        await fails('FILE_ALREADY_EXISTS', () => fs.rename(at('a'), at('b')));
        await fails('FILE_ALREADY_EXISTS', () => fs.rename(at('a'), at('d1')));
        await fails('FILE_ALREADY_EXISTS', () => fs.rename(at('d1'), at('d2')));
        expect(String(await fs.readFile(at('b')))).to.equal('b');
      });

      it('replaces it with overwrite, unless it is a full directory', async () => {
        await fs.writeFile(at('a'), 'a');
        await fs.writeFile(at('b'), 'b');
        await fs.rename(at('a'), at('b'), { overwrite: true });
        expect(String(await fs.readFile(at('b')))).to.equal('a');
        expect(await fs.exists(at('a'))).to.equal(false);
        await fs.mkdirs(at('d1'));
        await fs.writeFile(at('d2/f'), 'x');
        await fails('DIRECTORY_NOT_EMPTY', () => fs.rename(at('d1'), at('d2'), { overwrite: true }));
      });

      it('says what is missing', async () => {
        await fs.writeFile(at('a'), 'a');
        const error = await fails('FILE_NOT_FOUND', () => fs.rename(at('missing'), at('x')));
        expect(error.message).to.include('missing');
        await fails('FILE_NOT_FOUND', () => fs.rename(at('missing'), at('x'), { overwrite: true }));
        await fails('FILE_NOT_FOUND', () => fs.rename(at('a'), at('nodir/a')));
      });
    });

    describe('delete', () => {
      it('removes a file and an empty directory, and says whether something was there', async () => {
        await fs.writeFile(at('f'), 'x');
        await fs.mkdirs(at('dir'));
        expect(await fs.delete(at('f'))).to.equal(true);
        expect(await fs.delete(at('f'))).to.equal(false);
        expect(await fs.delete(at('dir'))).to.equal(true);
        expect(await fs.list(root)).to.deep.equal([]);
      });

      it('removes a directory with entries only when told to', async () => {
        await fs.writeFile(at('dir/sub/f'), 'x');
        await fails('DIRECTORY_NOT_EMPTY', () => fs.delete(at('dir')));
        expect(await fs.delete(at('dir'), { recursive: true })).to.equal(true);
        expect(await fs.exists(at('dir'))).to.equal(false);
      });

      it('never removes the root', async () => {
        await fails('ACCESS_DENIED', () => fs.delete('/', { recursive: true }));
      });
    });

    describe('names', () => {
      const names = [
        'with blank',
        'per%cent',
        'per%20cent',
        'plus+plus',
        'hash#',
        'what?',
        'amp&er=sand',
        'quo\'te"s',
        'semi;colon,',
        'Grüße',
        '日本語',
        '😀',
        'e\u0301',
        '[brackets]',
        'back\\slash',
        '-dash',
        '~tilde',
        '.hidden',
        '_under',
        '*star',
      ];
      for (const name of names) {
        it(`may be ${JSON.stringify(name)}`, async () => {
          const file = at(`in ${name}`, name);
          await fs.mkdirs(at(`in ${name}`));
          await fs.writeFile(file, name);
          expect(String(await fs.readFile(file))).to.equal(name);
          expect((await fs.list(at(`in ${name}`))).map(entry => entry.name)).to.deep.equal([name]);
          expect((await fs.stat(file)).path).to.equal(file);
          await fs.append(file, Buffer.from('!'));
          await fs.rename(file, at(`to ${name}`));
          expect((await fs.stat(at(`to ${name}`))).length).to.equal(Buffer.byteLength(name) + 1);
          await fs.rename(at(`to ${name}`), file, { overwrite: true });
          expect(await fs.delete(file)).to.equal(true);
          expect(await fs.list(at(`in ${name}`))).to.deep.equal([]);
        });
      }
    });
  });
}

/** Expects a MillraceError of this code whose message names a path. */
export async function fails(code: string, action: () => Promise<unknown>): Promise<MillraceError> {
  let value: unknown;
  try {
    value = await action();
  } catch (error) {
    expect(error).to.be.instanceOf(MillraceError);
    expect((error as MillraceError).code, (error as MillraceError).message).to.equal(code);
    return error as MillraceError;
  }
  throw new Error(`expected ${code}, but it gave ${String(value)}`);
}

export async function text(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
