import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { type Container, formatContainerId } from '../../../../yarn-bridge/rpc/index.js';
import { eventually } from '../../../testing/eventually.js';
import { UnmanagedMaster } from '../../../testing/unmanaged-master.js';
import { YarnView } from '../../../testing/yarn-view.js';
import { TEST_USER, TestingCluster } from '../testing-cluster.js';

describe('the embedded ResourceManager, restarted', () => {
  let cluster: TestingCluster;
  let yarn: YarnView;
  let master: UnmanagedMaster;

  before(async () => {
    cluster = await TestingCluster.start();
    yarn = new YarnView(cluster);
  });
  after(() => cluster.stop());

  beforeEach(async () => {
    master = await UnmanagedMaster.start(cluster, TEST_USER);
    await master.client.register({ host: 'localhost', rpc_port: 7, tracking_url: '' });
  });
  afterEach(async () => {
    await master.close();
    await eventually(async () => (await yarn.containers()) === 0);
  });

  const restart = async (): Promise<void> => {
    await cluster.kill('resourcemanager');
    await cluster.startDaemon('resourcemanager');
  };
  const start = async (command: string): Promise<Container> => {
    const known = master.granted.length;
    await master.askFor(1, 128);
    await master.until(() => master.granted.length > known);
    const container = master.granted[known]!;
    await master.containers.startContainer(container, { command: [command] });
    return container;
  };
  const exitOf = async (container: Container): Promise<number | undefined> => {
    const id = formatContainerId(container.id);
    const found = () => master.completed.filter(c => formatContainerId(c.container_id) === id);
    await master.until(() => found().length > 0);
    for (let i = 0; i < 5; i++) await master.beat();
    expect(found()).to.have.length(1);
    return found()[0]!.exit_status;
  };

  it('lists the application as ACCEPTED until its ApplicationMaster registers again with its old token', async () => {
    await restart();
    expect((await yarn.application(master.applicationId)).state).to.equal('ACCEPTED');
    // The first answer is ApplicationMasterNotRegisteredException, after which the client registers.
    await master.beat();
    expect((await yarn.application(master.applicationId)).state).to.equal('RUNNING');
  });

  it('lets containers go on, counts them, and reports how they end', async () => {
    const first = await start('sleep 100');
    const second = await start('while [ ! -e go ]; do sleep 0.02; done; exit 4');
    await restart();
    await eventually(async () => (await yarn.containers()) === 2);
    await master.beat();
    expect((await yarn.application(master.applicationId)).runningContainers).to.equal(2);
    const running = cluster.nodeManagers[0]!.containers.get(formatContainerId(second.id))!;
    writeFileSync(`${running.workDir}/go`, '');
    expect(await exitOf(second)).to.equal(4);
    await master.beat([], [first]);
    expect(await exitOf(first)).to.equal(-100);
    await eventually(() => cluster.nodeManagers[0]!.containers.size === 0);
  });

  it('reports the end of a container that nobody was told of, also when it came before the restart', async () => {
    const container = await start('exit 5');
    await eventually(() => !cluster.nodeManagers[0]!.containers.get(formatContainerId(container.id))!.isRunning);
    await restart();
    expect(await exitOf(container)).to.equal(5);
  });

  it('gives new containers ids with its epoch, and new applications a start of their own', async () => {
    const before = await start('sleep 100');
    await restart();
    await master.beat();
    const after = await start('sleep 100');
    expect(formatContainerId(before.id)).to.not.equal(formatContainerId(after.id));
    expect(formatContainerId(after.id)).to.match(/^container_e0\d_\d+_\d{4}_01_000001$/);
    const other = await UnmanagedMaster.start(cluster, TEST_USER);
    expect(other.applicationId.split('_')[1]).to.not.equal(master.applicationId.split('_')[1]);
    await other.close();
  });

  it('keeps the list of applications that ended', async () => {
    await master.client.finish({ final_application_status: 1, diagnostics: 'done', tracking_url: '' });
    const before = await yarn.application(master.applicationId);
    await restart();
    // It is of its own start; everything else is what it was.
    const { clusterId, ...after } = (await yarn.application(master.applicationId)) as unknown as Record<
      string,
      unknown
    >;
    expect(clusterId).to.equal(cluster.resourceManager.state.clusterTimestamp);
    expect(before).to.include({ state: 'FINISHED', finalStatus: 'SUCCEEDED', diagnostics: 'done' });
    expect(before).to.deep.include(after);
  });

  it('has a NodeManager end what belongs to an application that was killed meanwhile', async () => {
    await start('sleep 100');
    const node = cluster.nodeManagers[0]!;
    await master.close();
    await restart();
    await eventually(() => node.containers.size === 0);
  });

  it('refuses a container that its predecessor granted and nobody started', async () => {
    await master.askFor(1, 128);
    await master.until(() => master.granted.length > 0);
    await restart();
    await master.beat();
    await eventually(
      async () => (await yarn.containers()) === 0 && cluster.resourceManager.state.scheduler.totalMb > 0,
    );
    const refused = master.containers.startContainer(master.granted[0]!, { command: ['true'] });
    const error = await refused.then(
      () => undefined,
      (e: Error) => e,
    );
    expect(error?.message).to.contain('allocated by a previous RM');
  });
});
