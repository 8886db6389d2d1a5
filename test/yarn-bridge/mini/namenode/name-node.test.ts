import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { HdfsFileSystem } from '../../../../yarn-bridge/hdfs/index.js';
import { NameNode } from '../../../../yarn-bridge/mini/namenode/index.js';
import { fileSystemContract } from '../../../core/fs/file-system-contract.js';
import { tempDir } from '../../../testing/temp-dir.js';

const start = (dir: string, port = 0, dataNodePort = 0): Promise<NameNode> =>
  NameNode.start({ dir, host: 'localhost', port, dataNodePort, superuser: 'root' });

const client = (node: NameNode, user = 'root'): HdfsFileSystem =>
  new HdfsFileSystem({ uri: 'hdfs://localhost:8020/', nameNodes: [`http://localhost:${node.port}`], user });

describe('the embedded NameNode', () => {
  let node: NameNode;
  let counter = 0;

  before(async () => {
    node = await start(tempDir());
  });
  after(() => node.close());

  describe('fulfils the file system contract', () => {
    fileSystemContract(async () => {
      const fs = client(node);
      const root = `hdfs://localhost:8020/tmp/contract-${counter++}`;
      await fs.mkdirs(root);
      return { fs, root };
    });
  });

  async function webhdfs(method: string, path: string, query: string): Promise<{ status: number; body: string }> {
    const url = `http://localhost:${node.port}/webhdfs/v1${path}?${query}`;
    const response = await fetch(url, { method, redirect: 'manual' });
    return { status: response.status, body: await response.text() };
  }

  it('checks permissions as HDFS does', async () => {
    const alice = client(node, 'alice');
    await alice.mkdirs('/tmp/alice');
    const denied = await webhdfs('PUT', '/nope', 'op=MKDIRS&user.name=alice');
    expect(denied.status).to.equal(403);
    expect(denied.body).to.contain(
      'Permission denied: user=alice, access=WRITE, inode=\\"/\\":root:supergroup:drwxr-xr-x',
    );
    expect((await webhdfs('PUT', '/nope', 'op=MKDIRS')).body).to.contain('user=dr.who');
    // /tmp is sticky: what alice made nobody else removes.
    expect((await webhdfs('DELETE', '/tmp/alice', 'op=DELETE&user.name=bob')).status).to.equal(403);
    await alice.close();
  });

  it('answers unknown operations and users as a real one', async () => {
    expect((await webhdfs('GET', '/', 'op=FOO&user.name=root')).status).to.equal(400);
    expect((await webhdfs('GET', '/', 'op=LISTSTATUS&user.name=a%20b')).body).to.contain(
      'does not belong to the domain',
    );
  });

  it('lists names by their bytes as signed numbers, page by page too', async () => {
    const fs = client(node);
    for (const name of ['zoo', 'Ärger', 'a b']) await fs.mkdirs(`/tmp/order/${name}`);
    await fs.close();
    const names = (text: string): string[] => [...text.matchAll(/"pathSuffix":"([^"]*)"/g)].map(m => m[1]!);
    const query = 'op=LISTSTATUS&user.name=root';
    expect(names((await webhdfs('GET', '/tmp/order', query)).body)).to.deep.equal(['Ärger', 'a b', 'zoo']);
    const next = 'op=LISTSTATUS_BATCH&startAfter=a%20b&user.name=root';
    expect(names((await webhdfs('GET', '/tmp/order', next)).body)).to.deep.equal(['zoo']);
  });

  it("gives HDFS's checksums, from the DataNode, over blocks of the size that was wished for", async () => {
    const put = async (path: string, query: string, body: string): Promise<number> => {
      const url = `http://localhost:${node.port}/webhdfs/v1${path}?op=CREATE&user.name=root${query}`;
      return (await fetch(url, { method: 'PUT', body })).status;
    };
    const checksum = async (path: string): Promise<unknown> => {
      const redirect = await webhdfs('GET', path, 'op=GETFILECHECKSUM&user.name=root');
      expect(redirect.status).to.equal(307);
      const url = `http://localhost:${node.port}/webhdfs/v1${path}?op=GETFILECHECKSUM&user.name=root`;
      const { FileChecksum } = (await (await fetch(url)).json()) as {
        FileChecksum: { algorithm: string; bytes: string };
      };
      return [FileChecksum.algorithm, FileChecksum.bytes];
    };
    // As Apache Hadoop 3.4.2 gave them.
    expect(await put('/tmp/none', '', '')).to.equal(201);
    expect(await checksum('/tmp/none')).to.deep.equal([
      'MD5-of-0MD5-of-0CRC32',
      '00000000000000000000000070bc8f4b72a86921468bf8e8441dce5100000000',
    ]);
    expect(await put('/tmp/one', '', 'y'.repeat(1300))).to.equal(201);
    expect(await checksum('/tmp/one')).to.deep.equal([
      'MD5-of-0MD5-of-512CRC32C',
      '0000020000000000000000000a07763060d73b4e0d04cd5abf9203c800000000',
    ]);
    expect(await put('/tmp/three', '&blocksize=1048576&replication=3', 'x'.repeat(3_000_000))).to.equal(201);
    expect(await checksum('/tmp/three')).to.deep.equal([
      'MD5-of-2048MD5-of-512CRC32C',
      '00000200000000000000080082304aff59b501c8cdbe4de2969e862200000000',
    ]);
    const status = await webhdfs('GET', '/tmp/three', 'op=GETFILESTATUS&user.name=root');
    expect(status.body).to.contain('"blockSize":1048576').and.to.contain('"replication":3');
    expect(await put('/tmp/small', '&blocksize=100', '')).to.equal(403);
  });

  it('cuts files, and does not make them longer', async () => {
    const fs = client(node);
    await fs.writeFile('/tmp/cut', 'content');
    const cut = (length: number) => webhdfs('POST', '/tmp/cut', `op=TRUNCATE&newlength=${length}&user.name=root`);
    expect((await cut(8)).body).to.contain('Cannot truncate to a larger file size. Current size: 7, truncate size: 8.');
    // Within a block a real one goes on after its answer.
    expect((await cut(3)).body).to.equal('{"boolean":false}');
    expect((await cut(3)).body).to.equal('{"boolean":true}');
    expect(String(await fs.readFile('/tmp/cut'))).to.equal('con');
    await fs.close();
  });

  it('finds everything again after a restart, also one that was not orderly', async () => {
    const dir = tempDir();
    const first = await start(dir);
    const fs = client(first);
    const data = randomBytes(200_000);
    await fs.writeFile('/tmp/a b/ü.bin', data);
    await fs.rename('/tmp/a b/ü.bin', '/tmp/a b/moved');
    await fs.writeFile('/tmp/gone', 'x');
    await fs.delete('/tmp/gone');
    const before = await fs.stat('/tmp/a b/moved');
    await fs.close();
    await first.close();
    const second = await start(dir);
    const again = client(second);
    expect((await again.readFile('/tmp/a b/moved')).equals(data)).to.equal(true);
    expect(await again.stat('/tmp/a b/moved')).to.deep.equal(before);
    expect(await again.exists('/tmp/gone')).to.equal(false);
    await again.close();
    await second.close();
  });
});
