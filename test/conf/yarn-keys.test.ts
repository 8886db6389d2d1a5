import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ApplicationMaster } from '../../applicationmaster/index.js';
import { PropertiesFile } from '../../client/deploy/properties-file.js';
import { Configuration } from '../../core/config/index.js';
import { FileSystems } from '../../core/fs/index.js';
import { silentLogger } from '../../core/logging.js';
import type { ApplicationMasterSettings } from '../../core/protocol/index.js';
import { FailingDriver } from '../applicationmaster/resourcemanager/failing-driver.js';
import { TestingHadoop, TestingUser } from '../client/testing-user.js';

interface Submission {
  'application-name': string;
  'application-type': string;
  queue: string;
  priority?: number;
  'application-tags'?: { tag: string[] };
  'am-container-resource-request'?: { 'node-label-expression'?: string };
  'application-node-label-expression'?: string;
  'am-node-label-expression'?: string;
  resource: { memory: number; vCores: number };
  'am-container-spec': { commands: { command: string }; 'local-resources': { entry: Array<{ key: string }> } };
}

/** What a session asks YARN for. Each title begins with its key. */
describe('keys of flink-conf.yaml that concern YARN', () => {
  const user = new TestingUser();
  let hadoop: TestingHadoop;
  before(async () => {
    hadoop = await TestingHadoop.start(user);
  });
  after(() => hadoop.close());

  /** Submits a session and leaves it there, as Ctrl-C would. */
  async function session(
    conf: Record<string, string>,
    ...options: string[]
  ): Promise<{ submission: Submission; settings: ApplicationMasterSettings; folder: string }> {
    user.configure({ 'yarn.node-path': '/opt/node', ...conf });
    let taken: (value: { submission: Submission; settings: ApplicationMasterSettings; folder: string }) => void;
    const submitted = new Promise<Parameters<typeof taken>[0]>(resolve => {
      taken = resolve;
    });
    hadoop.yarn.onSubmit = ({ id, body }) => {
      const home = `${conf['yarn.staging-directory'] ?? '/user/me'}`.replace(/^.*:\/\/[^/]*/, '');
      const folder = `${home}/.flink/${id}`;
      const settings = JSON.parse(hadoop.read(`${folder}/applicationmaster.json`)) as ApplicationMasterSettings;
      taken({ submission: body as unknown as Submission, settings, folder });
    };
    const command = user.startSession('-d', ...options);
    const first = await Promise.race([submitted, command.ended]);
    if ('code' in first) throw new Error(first.out + first.err);
    command.interrupt();
    await command.ended;
    return first;
  }

  it('yarn.application.name is what YARN shows', async () => {
    expect((await session({})).submission['application-name']).to.equal('Flink session cluster');
    const conf = { 'yarn.application.name': 'mine' };
    expect((await session(conf)).submission['application-name']).to.equal('mine');
    expect((await session(conf, '-nm', 'stronger')).submission['application-name']).to.equal('stronger');
  });

  it('yarn.application.queue is where it runs', async () => {
    expect((await session({})).submission.queue).to.equal('default');
    user.configure({ 'yarn.node-path': '/opt/node', 'yarn.application.queue': 'nowhere' });
    const { code, out, err } = await user.yarnSession('-d');
    expect(code).to.equal(1);
    expect(out + err).to.contain("no queue 'nowhere'");
  });

  it('yarn.application.type is what YARN shows', async () => {
    expect((await session({})).submission['application-type']).to.equal('Apache Flink');
    expect((await session({ 'yarn.application.type': 'mine' })).submission['application-type']).to.equal('mine');
  });

  it('yarn.application.priority is sent where it is 0 or more', async () => {
    expect((await session({})).submission.priority).to.equal(undefined);
    expect((await session({ 'yarn.application.priority': '3' })).submission.priority).to.equal(3);
  });

  it('yarn.application.node-label chooses nodes', async () => {
    const { submission } = await session({ 'yarn.application.node-label': 'gpu' });
    expect(JSON.stringify(submission)).to.contain('gpu');
  });

  it('yarn.tags are the tags of the application', async () => {
    const { submission } = await session({ 'yarn.tags': 'a,b' });
    expect(submission['application-tags']?.tag).to.include.members(['a', 'b']);
  });

  it('yarn.application.id is the session that is meant', async () => {
    user.configure({ 'yarn.application.id': 'application_1700000000000_9999' });
    const { code, out, err } = await user.flink('list');
    expect(code).to.equal(1);
    expect(out + err).to.contain('application_1700000000000_9999');
  });

  it('yarn.appmaster.vcores are the vcores of the ApplicationMaster', async () => {
    expect((await session({})).submission.resource.vCores).to.equal(1);
    expect((await session({ 'yarn.appmaster.vcores': '2' })).submission.resource.vCores).to.equal(2);
  });

  it('yarn.containers.vcores are the vcores of a TaskManager, as many as slots unless it says otherwise', async () => {
    const conf = { 'taskmanager.numberOfTaskSlots': '3' };
    expect((await session(conf)).settings.yarn?.containerVcores).to.equal(3);
    expect((await session({ ...conf, 'yarn.containers.vcores': '1' })).settings.yarn?.containerVcores).to.equal(1);
  });

  it('yarn.maximum-failed-containers is how many may fail in a row before the application does', async () => {
    for (const limit of [1, 2]) {
      const driver = new FailingDriver();
      const master = await ApplicationMaster.start({
        configuration: Configuration.from({ 'yarn.maximum-failed-containers': String(limit) }),
        secret: 'any',
        logger: silentLogger,
        fileSystems: new FileSystems(),
        rpc: { host: '127.0.0.1', port: 0 },
        advertisedHost: '127.0.0.1',
        keepWorkers: 1,
        driver: () => driver,
      });
      const end = await master.ended;
      await master.shutDown(end);
      expect(end.status).to.equal('FAILED');
      expect(driver.started).to.equal(limit);
    }
  });

  it('yarn.node-path is how Node is called in containers, and nothing is shipped then', async () => {
    const { submission, settings } = await session({ 'yarn.node-path': '/usr/local/bin/node' });
    expect(submission['am-container-spec'].commands.command).to.match(/ exec \/usr\/local\/bin\/node /);
    expect(settings.yarn?.nodeCommand).to.equal('/usr/local/bin/node');
    expect(settings.yarn?.resources.map(r => r.key)).to.deep.equal(['runtime']);
  });

  it('yarn.ship-node false needs a path', async () => {
    user.configure({ 'yarn.ship-node': 'false' });
    const { code, out, err } = await user.yarnSession('-d');
    expect(code).to.equal(1);
    expect(out + err).to.contain('yarn.node-path must say where Node is');
  });

  it('yarn.staging-directory is where files of the application lie', async () => {
    hadoop.hdfs.namespace.mkdirs('/staging', '777');
    for (const directory of ['/staging', `webhdfs://${new URL(hadoop.hdfs.url).host}/staging`]) {
      const { folder, settings } = await session({ 'yarn.staging-directory': directory });
      expect(folder).to.match(/^\/staging\/\.flink\/application_/);
      expect(settings.yarn?.stagingDirectory).to.match(/^webhdfs:\/\/.*\/staging\/\.flink\/application_/);
    }
    user.configure({ 'yarn.staging-directory': 'staging' });
    const { code, out, err } = await user.yarnSession('-d');
    expect([code, out + err]).to.satisfy(([c, t]: [number, string]) => c === 1 && t.includes('yarn.staging-directory'));
  });

  it('yarn.properties-file.location is where the file lies that later commands find the session by', async () => {
    const dir = join(user.dir, 'elsewhere');
    mkdirSync(dir);
    user.configure({ 'yarn.properties-file.location': dir });
    const name = PropertiesFile.of(new Configuration(), user.env).path.split('/').at(-1)!;
    new PropertiesFile(join(dir, name)).write({
      applicationId: 'application_1700000000000_7777',
      dynamicProperties: {},
    });
    const { code, out, err } = await user.flink('list');
    expect(code).to.equal(1);
    expect(out + err)
      .to.contain(`Found Yarn properties file under ${dir}`)
      .and.contain('application_1700000000000_7777');
  });

  it('jobmanager.heap.size is the container of the ApplicationMaster, and its heap is derived from it', async () => {
    for (const key of ['jobmanager.heap.size', 'jobmanager.memory.process.size']) {
      const { submission, settings } = await session({ [key]: '768m' });
      expect(submission.resource.memory).to.equal(768);
      expect(settings.memory).to.equal(768 * 1024 ** 2);
      const heap = Number(/--max-old-space-size=(\d+)/.exec(submission['am-container-spec'].commands.command)?.[1]);
      expect(heap).to.be.within(500, 700);
    }
    expect((await session({ 'jobmanager.heap.size': '768m' }, '-jm', '512')).submission.resource.memory).to.equal(512);
  });

  it('taskmanager.memory.process.size travels with taskmanager.numberOfTaskSlots to where TaskManagers are started', async () => {
    const conf = { 'taskmanager.memory.process.size': '768m', 'taskmanager.numberOfTaskSlots': '2' };
    expect((await session(conf)).settings.configuration).to.include(conf);
    const { settings } = await session(conf, '-tm', '512', '-s', '1');
    expect(settings.configuration['taskmanager.memory.process.size']).to.equal(`${512 * 1024 ** 2}b`);
    expect(settings.configuration['taskmanager.numberOfTaskSlots']).to.equal('1');
  });
});
