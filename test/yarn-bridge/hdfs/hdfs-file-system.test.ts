import { expect } from 'chai';
import { build } from 'esbuild';
import { HadoopConfiguration } from '../../../yarn-bridge/conf/index.js';
import { HdfsFileSystem, hdfsOptionsOf } from '../../../yarn-bridge/hdfs/index.js';
import { fails, fileSystemContract } from '../../core/fs/file-system-contract.js';
import { TestingHdfs } from './testing-hdfs.js';

describe('HdfsFileSystem', () => {
  let hdfs: TestingHdfs;

  beforeEach(async () => {
    hdfs = await TestingHdfs.start();
    hdfs.namespace.write('/dir/f', Buffer.from('content'), '644');
  });

  afterEach(() => hdfs.close());

  fileSystemContract(async () => {
    const fs = new HdfsFileSystem({ uri: 'hdfs://nn:8020', nameNodes: [hdfs.url], user: 'alice' });
    await fs.mkdirs('/contract');
    return { fs, root: 'hdfs://nn:8020/contract' };
  });

  it('knows its own paths, however they are written, and refuses those of others', async () => {
    const fs = new HdfsFileSystem({ uri: 'hdfs://nn:8020/some/path', nameNodes: [hdfs.url], user: 'alice' });
    const web = new URL(hdfs.url).host;
    const own = ['/dir/f', 'hdfs:///dir/f', 'hdfs://nn:8020/dir/f', 'hdfs://NN/dir//f', `webhdfs://${web}/dir/f`];
    for (const path of own) expect((await fs.stat(path)).path).to.equal('hdfs://nn:8020/dir/f');
    for (const path of ['hdfs://other:8020/dir/f', 'hdfs://nn:9000/dir/f', 'file:/dir/f', 'dir/f']) {
      await fails('ILLEGAL_ARGUMENT', () => fs.stat(path));
    }
    await fs.close();
  });

  it('is found by the configuration: fs.defaultFS for hdfs:///, else what the path names', async () => {
    const web = new URL(hdfs.url).host;
    const conf = HadoopConfiguration.fromRecord({
      'fs.defaultFS': 'hdfs://nn:8020',
      'dfs.namenode.http-address': web,
      'dfs.replication': '2',
      'dfs.blocksize': '1048576',
      'dfs.webhdfs.socket.read-timeout': '5s',
      'hdfs.host-map': 'dn1=127.0.0.1',
    });
    expect(hdfsOptionsOf(conf, 'hdfs:///x', 'alice')).to.deep.equal({
      uri: 'hdfs://nn:8020',
      nameNodes: [hdfs.url],
      user: 'alice',
      hostMap: { dn1: '127.0.0.1' },
      replication: 2,
      blockSize: 1048576,
      stallTimeout: 5000,
    });
    for (const uri of [undefined, 'hdfs:///x', 'hdfs://nn:8020/x', `webhdfs://${web}/x`]) {
      const fs = HdfsFileSystem.fromConfiguration(conf, uri, 'alice');
      expect(String(await fs.readFile('/dir/f'))).to.equal('content');
      expect(fs.root).to.equal(uri?.startsWith('webhdfs') ? `webhdfs://${web}` : 'hdfs://nn:8020');
      expect(fs.scheme).to.equal(uri?.startsWith('webhdfs') ? 'webhdfs' : 'hdfs');
      await fs.close();
    }
    const fs = HdfsFileSystem.fromConfiguration(conf, undefined, 'alice');
    await fs.writeFile('/dir/g', 'x');
    const create = hdfs.queries.find((_query, i) => hdfs.calls[i]!.startsWith('1 CREATE'));
    expect(create?.get('replication')).to.equal('2');
    expect(create?.get('blocksize')).to.equal('1048576');
    expect(create?.get('permission')).to.equal('644');
    await fs.close();
  });

  it('tells the home directory and what lies below a path, and sets permissions', async () => {
    const summary = { directoryCount: 1, fileCount: 2, length: 3, spaceConsumed: 9, quota: -1, spaceQuota: -1 };
    hdfs.fault = ({ op, query, response }) => {
      if (op === 'GETHOMEDIRECTORY') response.end('{"Path":"/user/alice"}');
      else if (op === 'GETCONTENTSUMMARY')
        response.end(JSON.stringify({ ContentSummary: { ...summary, typeQuota: {} } }));
      else if (op === 'SETPERMISSION') response.writeHead(query.get('permission') === '700' ? 200 : 400).end();
      else return false;
      return true;
    };
    const fs = new HdfsFileSystem({ uri: 'hdfs://nn:8020', nameNodes: [hdfs.url], user: 'alice' });
    expect(await fs.homeDirectory()).to.equal('hdfs://nn:8020/user/alice');
    expect(await fs.contentSummary('/dir')).to.deep.equal(summary);
    await fs.setPermission('/dir', '700');
    await fails('ILLEGAL_ARGUMENT', () => fs.setPermission('/dir', 'u+x'));
    await fs.close();
  });

  it('carries many calls at once without a warning of Node.js', async () => {
    const warnings: string[] = [];
    const collect = (warning: Error): number => warnings.push(warning.message);
    process.on('warning', collect);
    const fs = new HdfsFileSystem({ uri: 'hdfs://nn:8020', nameNodes: [hdfs.url], user: 'alice' });
    const names = Array.from({ length: 30 }, (_, i) => `/many/${i}`);
    await Promise.all(names.map(name => fs.writeFile(name, name)));
    const contents = await Promise.all(names.map(async name => String(await fs.readFile(name))));
    await Promise.all(names.map(name => fs.stat(name)));
    expect(contents).to.deep.equal(names);
    await fs.close();
    // Warnings are emitted in a later turn.
    await new Promise(resolve => setImmediate(resolve));
    process.off('warning', collect);
    expect(warnings).to.deep.equal([]);
  });

  it('can be bundled as an ES module, with the stand-in for what npm webhdfs does not need here', async () => {
    const standIn = './yarn-bridge/hdfs/unused-buffer-stream-reader.ts';
    const { errors } = await build({
      entryPoints: ['yarn-bridge/hdfs/index.ts'],
      alias: { 'buffer-stream-reader': standIn },
      bundle: true,
      platform: 'node',
      format: 'esm',
      write: false,
      logLevel: 'silent',
    });
    expect(errors).to.deep.equal([]);
  });

  it('keeps no connection open after it is closed', async () => {
    const fs = new HdfsFileSystem({ uri: 'hdfs://nn:8020', nameNodes: [hdfs.url], user: 'alice' });
    await fs.stat('/dir/f');
    await fs.list('/dir');
    await fs.close();
    await fs.close();
    expect(await hdfs.connectionsEnd()).to.equal(true);
  });
});
