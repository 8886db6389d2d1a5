import { symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { expect } from 'chai';
import { LocalFileSystem } from '../../../core/fs/index.js';
import { tempDir } from '../../testing/temp-dir.js';
import { fails, fileSystemContract } from './file-system-contract.js';

describe('LocalFileSystem', () => {
  fileSystemContract(async () => ({ fs: new LocalFileSystem(), root: `file:${tempDir()}` }));

  it('takes relative paths from its working directory', async () => {
    const dir = tempDir();
    const fs = new LocalFileSystem({ workingDirectory: dir });
    await fs.writeFile('sub/f', 'x');
    expect((await fs.stat('./sub/../sub/f')).path).to.equal(`file:${dir}/sub/f`);
  });

  it('names the host that a path with two slashes means by mistake', async () => {
    const error = await fails('ILLEGAL_ARGUMENT', () => new LocalFileSystem().readFile('file://tmp/words.txt'));
    expect(error.message).to.include("'file:///tmp/words.txt'");
  });

  it('follows links, and lists one that leads nowhere as a file', async () => {
    const dir = tempDir();
    const fs = new LocalFileSystem();
    writeFileSync(`${dir}/f`, 'abc');
    symlinkSync(`${dir}/f`, `${dir}/link`);
    symlinkSync(`${dir}/none`, `${dir}/dangling`);
    expect((await fs.list(dir)).map(entry => `${entry.name} ${entry.type}`)).to.deep.equal([
      'dangling file',
      'f file',
      'link file',
    ]);
    expect((await fs.stat(`${dir}/link`)).length).to.equal(3);
    expect((await fs.stat(`${dir}/link`)).owner).to.equal(userInfo().username);
  });
});
