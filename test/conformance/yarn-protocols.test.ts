import { expect } from 'chai';
import type { MillraceError } from '../../core/errors.js';
import {
  AM_PROTOCOL,
  ApplicationMasterClient,
  ClientConnection,
  type Container,
  formatContainerId,
  type HadoopRemoteError,
} from '../../yarn-bridge/rpc/index.js';
import { eventually } from '../testing/eventually.js';
import { type HadoopUnderTest, startHadoop } from '../testing/hadoop.js';
import { tempDir } from '../testing/temp-dir.js';
import { UnmanagedMaster } from '../testing/unmanaged-master.js';
import { YarnView } from '../testing/yarn-view.js';

const USER = process.env['HADOOP_USER_NAME'] ?? process.env['USER'] ?? 'root';

async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

const className = (error: Error): string =>
  (error as HadoopRemoteError).className?.replace(/^.*[.$]/, '') ?? error.message;

describe("YARN's protocols", function () {
  this.timeout(120_000);
  let hadoop: HadoopUnderTest;
  let yarn: YarnView;
  let master: UnmanagedMaster;

  before(async () => {
    hadoop = await startHadoop({ dir: tempDir(), nodes: 2, memoryMb: 1024 });
    yarn = new YarnView(hadoop);
  });
  after(() => hadoop?.stop());

  beforeEach(async () => {
    master = await UnmanagedMaster.start(hadoop, USER);
  });
  afterEach(async () => {
    await master?.close();
    await eventually(async () => (await yarn.containers()) === 0, { timeout: 20_000 });
  });

  const register = () => master.client.register({ host: 'localhost', rpc_port: 1, tracking_url: '' });
  const first = async (memory = 200): Promise<Container> => {
    await master.askFor(1, memory);
    await master.until(() => master.granted.length > 0);
    return master.granted[0]!;
  };
  const run = (container: Container, command: string, environment: Record<string, string> = {}) =>
    master.containers.startContainer(container, {
      command: [command],
      environment: Object.entries(environment).map(([key, value]) => ({ key, value })),
    });
  const exitOf = async (container: Container) => {
    const id = formatContainerId(container.id);
    await master.until(() => master.completed.some(c => formatContainerId(c.container_id) === id));
    return master.completed.find(c => formatContainerId(c.container_id) === id)!;
  };

  it('register, grant, start, complete, finish', async () => {
    expect((await register()).maximumCapability.memory).to.equal(1024);
    const container = await first();
    expect(container.resource.memory).to.equal(256);
    await run(container, 'exit 3');
    expect(await exitOf(container)).to.include({ exit_status: 3 });
    await master.client.finish({ final_application_status: 1, diagnostics: 'done', tracking_url: '' });
    const app = await eventually(async () => {
      const a = await yarn.application(master.applicationId);
      return a.state === 'FINISHED' && a;
    });
    expect(app).to.include({ finalStatus: 'SUCCEEDED', diagnostics: 'done' });
  });

  it('an exit code, a signal and a missing command end as YARN says', async () => {
    await register();
    await master.askFor(3, 128);
    await master.until(() => master.granted.length === 3);
    const [a, b, c] = master.granted as [Container, Container, Container];
    await run(a, 'exit 0');
    await run(b, 'kill -9 $$');
    await run(c, 'no-such-command');
    expect(await exitOf(a)).to.include({ exit_status: 0 });
    expect((await exitOf(b)).exit_status).to.equal(137);
    const missing = await exitOf(c);
    expect(missing.exit_status).to.equal(127);
  });

  it('a container that is stopped has exit status -105, one that is released -100', async () => {
    await register();
    await master.askFor(2, 128);
    await master.until(() => master.granted.length === 2);
    const [a, b] = master.granted as [Container, Container];
    await run(a, 'sleep 100');
    await run(b, 'sleep 100');
    await eventually(async () => (await master.containers.containerStatus(a.nodeId, a.id))?.state === 2);
    await master.containers.stopContainer(a.nodeId, a.id);
    expect((await exitOf(a)).exit_status).to.be.oneOf([-105, 143, 137]);
    await master.beat([], [b]);
    expect((await exitOf(b)).exit_status).to.equal(-100);
  });

  it('a container that uses more memory than it has is killed with -104', async () => {
    await register();
    const container = await first(128);
    // The command stands between double quotes in the launch script.
    const script = 'const a=[];setInterval(()=>a.push(Buffer.alloc(33554432,1)),50)';
    await run(container, `exec ${process.execPath} -e '${script}'`);
    const status = await exitOf(container);
    expect(status.exit_status).to.equal(-104);
    expect(status.diagnostics).to.match(/beyond the 'PHYSICAL' memory limit/);
  });

  it('what does not fit waits until there is room', async () => {
    await register();
    await master.askFor(3, 1024);
    await master.until(() => master.granted.length === 2);
    await master.beat();
    expect(master.granted).to.have.length(2);
    await master.beat([], [master.granted[0]!]);
    await master.until(() => master.granted.length === 3);
  });

  it('an ask is a table entry: it replaces, and 0 cancels', async () => {
    await register();
    await master.askFor(2, 1024);
    await master.until(() => master.granted.length === 2);
    await master.askFor(5, 1024);
    await master.askFor(0, 1024);
    await master.beat([], [master.granted[0]!]);
    const released = formatContainerId(master.granted[0]!.id);
    await master.until(() => master.completed.some(c => formatContainerId(c.container_id) === released));
    for (let i = 0; i < 5; i++) await master.beat();
    expect(master.granted).to.have.length(2);
  });

  it('mistakes are refused by name', async () => {
    expect(
      className(
        await rejection(master.client.finish({ final_application_status: 1, diagnostics: '', tracking_url: '' })),
      ),
    ).to.equal('ApplicationMasterNotRegisteredException');
    await register();
    expect(className(await rejection(register()))).to.equal('InvalidApplicationMasterRequestException');
    expect(className(await rejection(master.askFor(1, 99_999)))).to.equal('InvalidResourceRequestException');
    await master.beat();
  });

  it('a wrong token is refused by the ResourceManager and by NodeManagers', async () => {
    await register();
    const forged = { ...master.token, password: Buffer.alloc(20, 7) };
    const stranger = new ApplicationMasterClient({
      addresses: [master.schedulerAddress],
      token: forged,
      retryForMs: 0,
    });
    const refused = await rejection(stranger.register({ host: '', rpc_port: 0, tracking_url: '' }));
    expect((refused as MillraceError).code).to.equal('AUTHENTICATION_FAILED');
    stranger.close();
    const container = await first();
    const tampered = { ...container, container_token: { ...container.container_token, password: Buffer.alloc(20, 7) } };
    expect(className(await rejection(run(tampered, 'exit 0')))).to.equal('InvalidToken');
    const simple = ClientConnection.open({
      ...master.schedulerAddress,
      protocol: AM_PROTOCOL,
      authentication: { type: 'simple', user: USER },
    }).then(c =>
      c.call('registerApplicationMaster', 'RegisterApplicationMasterRequest', {}, 'RegisterApplicationMasterResponse'),
    );
    expect(className(await rejection(simple))).to.equal('AccessControlException');
  });

  it('the same container is not started twice', async () => {
    await register();
    const container = await first();
    await run(container, 'sleep 100');
    expect((await rejection(run(container, 'sleep 100'))).message).to.contain('relaunch the same container');
  });

  it('a container that is started after its application was killed is ended by its node', async () => {
    await register();
    const container = await first();
    await yarn.kill(master.applicationId);
    await run(container, 'exec sleep 100');
    await eventually(async () => !(await yarn.containersOnNodes()).includes(formatContainerId(container.id)), {
      timeout: 20_000,
    });
  });

  it('an attempt whose application was killed is told to go', async () => {
    await register();
    await master.beat();
    await master.close();
    await eventually(async () => (await yarn.application(master.applicationId)).state === 'KILLED');
    const error = await rejection(
      new ApplicationMasterClient({
        addresses: [master.schedulerAddress],
        token: master.token,
        retryForMs: 0,
      }).register({
        host: '',
        rpc_port: 0,
        tracking_url: '',
      }),
    );
    expect((error as MillraceError).code).to.equal('AUTHENTICATION_FAILED');
  });
});
