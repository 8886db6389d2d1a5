import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { startStandalone } from '../../applicationmaster/entrypoint/standalone.js';
import type { ApplicationMaster } from '../../applicationmaster/index.js';
import { taskManagerLaunch } from '../../applicationmaster/resourcemanager/drivers/yarn/task-manager-launch.js';
import { Configuration } from '../../core/config/index.js';
import { Lifecycle } from '../../core/lifecycle.js';
import { silentLogger } from '../../core/logging.js';
import type { ApplicationMasterGateway, RegistrationAccepted, YarnSettings } from '../../core/protocol/index.js';
import { connectRpc } from '../../core/rpc/index.js';
import { TestingCluster } from '../applicationmaster/testing-cluster.js';
import { tempDir } from '../testing/temp-dir.js';

/** Each title begins with its key: test/conf/all-keys.test.ts looks for them. */
describe('keys of flink-conf.yaml that a JobManager reads', () => {
  const lifecycle = new Lifecycle();
  let stop: (() => Promise<void>) | undefined;

  afterEach(async () => {
    await stop?.();
    stop = undefined;
  });
  after(() => lifecycle.close());

  async function jobManager(configuration: Record<string, string>): Promise<ApplicationMaster> {
    const secretFile = join(tempDir(), 'secret');
    writeFileSync(secretFile, 'secret', { mode: 0o600 });
    const settings = {
      mode: 'standalone' as const,
      configuration: { 'rest.port': '0', 'jobmanager.rpc.port': '0', ...configuration },
      memory: 1024 ** 3,
      secretFile,
    };
    const master = await startStandalone(settings, silentLogger, lifecycle);
    stop = () => master.shutDown({ status: 'SUCCEEDED', diagnostics: '' });
    return master;
  }

  async function register(host: string, port: number): Promise<RegistrationAccepted> {
    const self = { role: 'taskmanager', id: 'tm' };
    const connection = await connectRpc({ host, port, secret: 'secret', self, handlers: {} });
    const accepted = await connection.gateway<ApplicationMasterGateway>().call('registerTaskManager', {
      taskManagerId: 'tm',
      host: '127.0.0.1',
      pid: 1,
      slots: [],
      memory: { process: 1, code: 0, heapPerSlot: 0, network: 0, managed: 0, overhead: 0 },
      cpuCores: 1,
      physicalMemory: 1,
      version: 'any',
    });
    connection.close();
    return accepted;
  }

  async function refused(promise: Promise<unknown>): Promise<string> {
    return promise.then(
      () => {
        throw new Error('it was not refused');
      },
      (error: unknown) => (error as Error).message,
    );
  }

  it('jobmanager.rpc.address is where it listens and what TaskManagers fetch bundles from', async () => {
    const { address } = await jobManager({ 'jobmanager.rpc.address': '127.0.0.2' });
    expect((await register('127.0.0.2', address.rpcPort)).blobUrl).to.equal(
      `http://127.0.0.2:${address.restPort}/blobs`,
    );
    expect(await refused(register('127.0.0.3', address.rpcPort))).to.contain('ECONNREFUSED');
  });

  it('jobmanager.bind-host is where it listens, whatever its address', async () => {
    const { address } = await jobManager({
      'jobmanager.rpc.address': '127.0.0.2',
      'jobmanager.bind-host': '127.0.0.3',
    });
    expect((await register('127.0.0.3', address.rpcPort)).blobUrl).to.contain('//127.0.0.2:');
  });

  it('jobmanager.rpc.port is its control port', async () => {
    const port = await freePort();
    expect((await jobManager({ 'jobmanager.rpc.port': String(port) })).address.rpcPort).to.equal(port);
    await register('127.0.0.1', port);
  });

  it('rest.port is where REST listens', async () => {
    const port = await freePort();
    await jobManager({ 'rest.port': String(port) });
    expect((await fetch(`http://127.0.0.1:${port}/overview`)).status).to.equal(200);
  });

  it('rest.bind-port is where REST listens, whatever rest.port says, and may be a range', async () => {
    const server = createServer();
    const taken = await new Promise<number>(resolve =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    );
    try {
      const { address } = await jobManager({ 'rest.bind-port': `${taken}-${taken + 20}`, 'rest.port': '1' });
      expect(address.restPort).to.be.within(taken + 1, taken + 20);
    } finally {
      server.close();
    }
  });

  it('rest.bind-address is the interface that REST listens on', async () => {
    const { address } = await jobManager({ 'rest.bind-address': '127.0.0.4' });
    expect((await fetch(`http://127.0.0.4:${address.restPort}/overview`)).status).to.equal(200);
    await refused(fetch(`http://127.0.0.1:${address.restPort}/overview`));
  });

  it('rest.server.max-content-length limits requests', async () => {
    const { address } = await jobManager({ 'rest.server.max-content-length': '1 kb' });
    const response = await fetch(`http://127.0.0.1:${address.restPort}/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-millrace-job' },
      body: new Uint8Array(1025),
    });
    expect(response.status).to.equal(413);
    expect(await response.text()).to.contain('rest.server.max-content-length');
  });

  it('web.refresh-interval is told to pages', async () => {
    const { address } = await jobManager({ 'web.refresh-interval': '7 s' });
    const config = (await (await fetch(`http://127.0.0.1:${address.restPort}/config`)).json()) as object;
    expect(config).to.include({ 'refresh-interval': 7000 });
  });

  it('heartbeat.interval is told to TaskManagers', async () => {
    const { address } = await jobManager({ 'heartbeat.interval': '3 s' });
    expect((await register('127.0.0.1', address.rpcPort)).heartbeatIntervalMs).to.equal(3000);
  });

  it('heartbeat.timeout is told to TaskManagers', async () => {
    const { address } = await jobManager({ 'heartbeat.timeout': '9 s' });
    expect((await register('127.0.0.1', address.rpcPort)).heartbeatTimeoutMs).to.equal(9000);
  });

  it('io.tmp.dirs is where bundles of jobs lie', async () => {
    const dir = tempDir();
    const { blobs } = await jobManager({ 'io.tmp.dirs': `${dir},/never/used` });
    const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    blobs.put('job', sha256, new Uint8Array());
    expect(blobs.file(sha256)).to.match(new RegExp(`^${dir}/`));
  });

  it('slot.request.timeout is how long a job waits for its slots', async () => {
    const { dispatcher } = await jobManager({ 'slot.request.timeout': '50 ms' });
    const job = dispatcher.submit({
      jobId: 'job',
      jobName: 'job',
      vertices: [
        {
          id: 'v',
          name: 'v',
          parallelism: 1,
          maxParallelism: 128,
          slotSharingGroup: 'default',
          operators: [],
        } as never,
      ],
      edges: [],
      config: { objectReuse: false, properties: {} },
    });
    await job.ended;
    expect(job.failure?.message).to.match(/within 50 ms \(slot\.request\.timeout\): .*no TaskManager is registered/);
  });

  it('resourcemanager.taskmanager-timeout is when idle TaskManagers are given back', async () => {
    const cluster = await TestingCluster.start({
      conf: { 'resourcemanager.taskmanager-timeout': '50 ms' },
      releasesIdleWorkers: true,
    });
    stop = () => cluster.close();
    await cluster.taskManagers[0]!.ended;
  });

  it('jobstore.max-capacity is how many ended jobs are shown', async () => {
    const cluster = await TestingCluster.start({ conf: { 'jobstore.max-capacity': '2' } });
    stop = () => cluster.close();
    for (const name of ['a', 'b', 'c']) await cluster.submit(env => void env.fromElements(1).print(), name).ended;
    expect(cluster.master.dispatcher.jobs.map(job => job.job.jobName)).to.deep.equal(['b', 'c']);
  });

  it('env.hadoop.conf.dir and other paths of the client do not travel to containers', () => {
    const configuration = Configuration.from({ 'env.hadoop.conf.dir': '/of/the/client', 'parallelism.default': '2' });
    const yarn = { hadoop: {}, resources: [], nodeCommand: './node', user: 'me' } as unknown as YarnSettings;
    const launch = taskManagerLaunch(configuration, yarn, { host: 'h', port: 1 }, 's');
    expect(Buffer.from(launch.tokens ?? []).toString())
      .to.contain('parallelism.default')
      .and.not.contain('/of/the/client');
  });
});

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
