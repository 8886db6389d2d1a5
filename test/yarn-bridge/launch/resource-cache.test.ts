import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type FileSystem, LocalFileSystem } from '../../../core/fs/index.js';
import { type HashedFile, ResourceCache, sha256OfFile, withHashes } from '../../../yarn-bridge/launch/index.js';
import { tempDir } from '../../testing/temp-dir.js';

describe('the cache of shipped files', () => {
  let dir: string;
  let cacheDir: string;
  let fileSystem: FileSystem;
  let cache: ResourceCache;
  let file: HashedFile;

  beforeEach(async () => {
    dir = tempDir();
    cacheDir = join(dir, 'cache');
    fileSystem = new LocalFileSystem();
    cache = new ResourceCache(fileSystem, cacheDir);
    writeFileSync(join(dir, 'runtime'), 'x'.repeat(3_000_000));
    [file] = (await withHashes([
      { file: join(dir, 'runtime'), key: 'runtime', name: 'runtime.tgz', type: 'ARCHIVE' },
    ])) as [HashedFile];
  });
  afterEach(() => fileSystem.close());

  it('uploads a file once, under its hash, and gives its size and time', async () => {
    const uploads: string[] = [];
    const onProgress = (name: string, sent: number, total: number): void => {
      uploads.push(`${name} ${sent}/${total}`);
    };
    const first = await cache.ensure(file, { onProgress });
    const target = join(cacheDir, await sha256OfFile(file.file), 'runtime.tgz');
    expect(readFileSync(target).length).to.equal(3_000_000);
    expect(first).to.deep.include({
      key: 'runtime',
      size: 3_000_000,
      type: 'ARCHIVE',
      visibility: 'PRIVATE',
    });
    expect(uploads[0]).to.equal('runtime.tgz 0/3000000');
    expect(uploads.at(-1)).to.equal('runtime.tgz 3000000/3000000');
    const { mtimeMs } = statSync(target);
    const count = uploads.length;
    expect(await cache.ensure(file, { onProgress })).to.deep.equal(first);
    expect(uploads).to.have.length(count);
    expect(statSync(target).mtimeMs).to.equal(mtimeMs);
  });

  it('replaces a file of another length: it can only be a damaged one', async () => {
    const sha256 = await sha256OfFile(file.file);
    mkdirSync(join(cacheDir, sha256), { recursive: true });
    writeFileSync(join(cacheDir, sha256, 'runtime.tgz'), 'short');
    expect((await cache.ensure(file)).size).to.equal(3_000_000);
  });

  it('keeps the file of a client that was quicker, since applications refer to its time', async () => {
    const sha256 = await sha256OfFile(file.file);
    const target = join(cacheDir, sha256, 'runtime.tgz');
    const resource = await cache.ensure(file, {
      onProgress: (_name, sent) => {
        if (sent !== 0) return;
        writeFileSync(target, readFileSync(file.file));
        utimesSync(target, 1000, 1000);
      },
    });
    expect(resource.timestamp).to.equal(1_000_000);
    expect(readdirSync(join(cacheDir, sha256))).to.deep.equal(['runtime.tgz']);
  });

  it('leaves nothing of an upload that was interrupted', async () => {
    const interrupt = new AbortController();
    const reason = new Error('Ctrl-C');
    const upload = cache.ensure(file, {
      signal: interrupt.signal,
      onProgress: (_name, sent) => {
        if (sent > 0) interrupt.abort(reason);
      },
    });
    expect(await upload.catch((e: unknown) => e)).to.equal(reason);
    expect(readdirSync(join(cacheDir, await sha256OfFile(file.file)))).to.deep.equal([]);
  });

  it('sweeps what broken uploads left an hour ago, and nothing else', async () => {
    const resource = await cache.ensure(file);
    const folder = join(cacheDir, await sha256OfFile(file.file));
    writeFileSync(join(folder, '.runtime.tgz.old'), '');
    writeFileSync(join(folder, '.runtime.tgz.new'), '');
    const now = Date.now();
    utimesSync(join(folder, '.runtime.tgz.old'), now / 1000 - 7200, now / 1000 - 7200);
    utimesSync(folder, now / 1000 - 7200, now / 1000 - 7200);
    await cache.sweep(now);
    expect(readdirSync(folder).sort()).to.deep.equal(['.runtime.tgz.new', 'runtime.tgz']);
    expect(await cache.ensure(file)).to.deep.equal(resource);
  });
});
