import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadHadoopConfiguration } from '../../yarn-bridge/conf/index.js';
import { HdfsFileSystem } from '../../yarn-bridge/hdfs/index.js';
import { type ContainerStatus, formatContainerId, type LocalResource } from '../../yarn-bridge/rpc/index.js';
import { type HadoopUnderTest, startHadoop } from '../testing/hadoop.js';
import { tempDir } from '../testing/temp-dir.js';
import { UnmanagedMaster } from '../testing/unmanaged-master.js';
import { zipOf } from '../testing/zip.js';

const USER = process.env['HADOOP_USER_NAME'] ?? process.env['USER'] ?? 'root';
const [ARCHIVE, FILE] = [1, 2];
const [PUBLIC, PRIVATE, APPLICATION] = [1, 2, 3];

describe('what NodeManagers localise', function () {
  this.timeout(240_000);
  let hadoop: HadoopUnderTest;
  let fs: HdfsFileSystem;
  let master: UnmanagedMaster | undefined;
  let out: string;

  before(async () => {
    hadoop = await startHadoop({ dir: tempDir(), nodes: 1, memoryMb: 1024 });
    const conf = loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: hadoop.confDir } });
    fs = HdfsFileSystem.fromConfiguration(conf, 'hdfs:///', USER);
    out = tempDir();
    const from = join(out, 'content');
    mkdirSync(join(from, 'sub'), { recursive: true });
    writeFileSync(join(from, 'sub/file'), 'text\n', { mode: 0o644 });
    writeFileSync(join(from, 'script'), '#!/bin/sh\necho ran\n', { mode: 0o755 });
    symlinkSync('sub/file', join(from, 'link'));
    execFileSync('tar', ['-czf', join(out, 'content.tgz'), '-C', from, '.']);
    const tgz = readFileSync(join(out, 'content.tgz'));
    await fs.mkdirs('/open');
    await fs.writeFile('/open/content.tgz', tgz);
    await fs.writeFile('/open/content.zip', zipOf({ 'sub/file': 'text\n', script: '#!/bin/sh\necho ran\n' }));
    await fs.writeFile('/open/plain', 'plain\n');
    await fs.writeFile('/open/closed', 'closed\n', { permission: '600' });
    await fs.mkdirs('/hidden', '700');
    await fs.writeFile('/hidden/inside', 'inside\n');
  });
  after(async () => {
    await fs?.close();
    await hadoop?.stop();
  });
  afterEach(async () => {
    await master?.close();
    master = undefined;
  });

  const resource = async (file: string, type: number, visibility: number): Promise<LocalResource> => {
    const { modificationTime, length } = await fs.stat(file);
    return { resource: { scheme: 'hdfs', file }, size: length, timestamp: modificationTime, type, visibility };
  };

  /** How a container with these files ends. */
  async function run(user: string, files: Record<string, LocalResource>, command = 'true'): Promise<ContainerStatus> {
    master = await UnmanagedMaster.start(hadoop, user);
    await master.client.register({ host: 'localhost', rpc_port: 1, tracking_url: '' });
    await master.askFor(1, 128);
    await master.until(() => master!.granted.length > 0);
    const container = master.granted[0]!;
    const localResources = Object.entries(files).map(([key, value]) => ({ key, value }));
    await master.containers.startContainer(container, { command: [command], localResources });
    const id = formatContainerId(container.id);
    const ended = () => master!.completed.find(c => formatContainerId(c.container_id) === id);
    await master.until(() => ended() !== undefined);
    return ended()!;
  }

  it('archives are unpacked by the end of their name, others stay files; nothing of it can be written', async () => {
    const seen = join(out, 'seen');
    const files = {
      tgz: await resource('/open/content.tgz', ARCHIVE, PRIVATE),
      'lib/zip': await resource('/open/content.zip', ARCHIVE, PUBLIC),
      packed: await resource('/open/content.tgz', FILE, APPLICATION),
      plain: await resource('/open/plain', ARCHIVE, PUBLIC),
    };
    const look = `cat tgz/sub/file tgz/link lib/zip/sub/file plain; tgz/script; stat -L -c %a tgz/script tgz/sub/file lib/zip/script packed plain`;
    const ended = await run(USER, files, `( ${look} ) > ${seen} 2>&1`);
    expect(readFileSync(seen, 'utf8').split('\n')).to.deep.equal(
      ['text', 'text', 'text', 'plain', 'ran', '500', '500', '555', '500', '555', ''],
      ended.diagnostics,
    );
  });

  it('what changed since, or is not there, is refused by name', async () => {
    const file = await resource('/open/plain', FILE, PRIVATE);
    const changed = await run(USER, { plain: { ...file, timestamp: 5 } });
    expect(changed.exit_status).to.equal(-1000);
    expect(changed.diagnostics).to.match(
      /Resource hdfs:\S*\/open\/plain changed on src filesystem - expected: "1970-01-01T00:00:00.005\+0000", was: "\d{4}-.*\+0000"/,
    );
    await master!.close();
    const missing = await run(USER, { plain: { ...file, resource: { scheme: 'hdfs', file: '/open/none' } } });
    expect(missing.exit_status).to.equal(-1000);
    expect(missing.diagnostics).to.match(/File does not exist: hdfs:\S*\/open\/none/);
  });

  it('what is PUBLIC must be for everybody to read, and the folders above it to go through', async () => {
    for (const path of ['/open/closed', '/hidden/inside']) {
      const ended = await run(USER, { it: await resource(path, FILE, PUBLIC) });
      expect(ended.exit_status).to.equal(-1000);
      expect(ended.diagnostics).to.match(
        new RegExp(
          `Resource hdfs:\\S*${path} is not publicly accessible and as such cannot be part of the public cache`,
        ),
      );
      await master!.close();
    }
  });

  it('what is not PUBLIC is read as the user of the application', async () => {
    for (const visibility of [PRIVATE, APPLICATION]) {
      const ended = await run('alice', { it: await resource('/open/closed', FILE, visibility) });
      expect(ended.exit_status).to.equal(-1000);
      expect(ended.diagnostics).to.match(/Permission denied: user=alice, access=READ, inode="\/open\/closed"/);
      await master!.close();
      expect((await run(USER, { it: await resource('/open/closed', FILE, visibility) })).exit_status).to.equal(0);
      await master!.close();
    }
  });
});
