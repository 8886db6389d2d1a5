import { expect } from 'chai';
import { FileSystems, LocalFileSystem } from '../../../core/fs/index.js';
import { fails } from './file-system-contract.js';

class TestingFileSystem extends LocalFileSystem {
  closed = 0;
  override async close(): Promise<void> {
    this.closed++;
  }
}

describe('FileSystems', () => {
  it('finds the local disk for file: and for paths without a scheme', async () => {
    const systems = new FileSystems();
    const fs = await systems.forPath('/tmp/x');
    expect(fs).to.be.instanceOf(LocalFileSystem);
    expect(await systems.forPath('file:///tmp/y')).to.equal(fs);
    expect(await systems.forPath('relative')).to.equal(fs);
    await systems.close();
  });

  it('makes one file system for each scheme and authority, and closes them', async () => {
    const made: TestingFileSystem[] = [];
    const systems = new FileSystems().register('test', () => {
      made.push(new TestingFileSystem());
      return made.at(-1)!;
    });
    const [a, again, b] = await Promise.all(['test://a/x', 'test://a/y', 'test://b/x'].map(p => systems.forPath(p)));
    expect(a).to.equal(again);
    expect(a).not.to.equal(b);
    await systems.close();
    expect(made.map(fs => fs.closed)).to.deep.equal([1, 1]);
    await fails('ILLEGAL_STATE', () => systems.forPath('test://c/x'));
  });

  it('honours a default root and a working directory', () => {
    expect(new FileSystems({ defaultScheme: 'hdfs://h:8020/' }).qualify('/x')).to.equal('hdfs://h:8020/x');
    expect(new FileSystems({ workingDirectory: '/work' }).qualify('x')).to.equal('file:/work/x');
  });

  it('names an unknown scheme and the known ones', async () => {
    const error = await fails('ILLEGAL_ARGUMENT', () => new FileSystems().forPath('s3://bucket/x'));
    expect(error.message).to.include("'s3:'").and.to.include('file:');
    expect(error.domain).to.equal('user');
  });

  it('tries anew after a factory failed', async () => {
    let calls = 0;
    const systems = new FileSystems().register('test', () => {
      if (calls++ === 0) throw new Error('not yet');
      return new TestingFileSystem();
    });
    await systems.forPath('test:///x').then(
      () => expect.fail('should have failed'),
      error => expect(error.message).to.equal('not yet'),
    );
    expect(await systems.forPath('test:///x')).to.be.instanceOf(TestingFileSystem);
    await systems.close();
  });
});
