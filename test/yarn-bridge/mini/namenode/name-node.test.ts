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
