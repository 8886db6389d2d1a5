import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { StandaloneFiles } from '../../client/deploy/standalone-files.js';
import { Configuration } from '../../core/config/index.js';
import { formatSiteXml } from '../../yarn-bridge/conf/index.js';
import { createFileSystems } from '../../yarn-bridge/filesystems/index.js';
import { TestingJobManager } from '../client/testing-job-manager.js';
import { TestingUser } from '../client/testing-user.js';

const PROGRAM = `
import { StreamExecutionEnvironment } from 'millrace';
export class Words {
  static async main(args) {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    if (args[0] !== undefined) env.setParallelism(Number(args[0]));
    env.fromSequence(1, 9).print();
    await env.execute('words');
  }
}
`;

/** Each title begins with its key. */
describe('keys of flink-conf.yaml that the client reads', () => {
  const user = new TestingUser();
  const program = user.file('words.js', PROGRAM);

  describe('parallelism: setParallelism > -p > parallelism.default', () => {
    /** Parallelism in the plan of a program that sets `own`, with `-p p` and the file's. */
    async function planned(own: number | undefined, p: number | undefined, file: number | undefined): Promise<number> {
      user.configure(file === undefined ? {} : { 'parallelism.default': file });
      const option = p === undefined ? [] : ['-p', String(p)];
      const { code, out } = await user.flink('info', ...option, program, ...(own === undefined ? [] : [String(own)]));
      expect(code, out).to.equal(0);
      const { nodes } = JSON.parse(out.split('\n').find(line => line.startsWith('{'))!) as {
        nodes: Array<{ parallelism: number }>;
      };
      return nodes[0]!.parallelism;
    }

    it('parallelism.default is stronger than nothing', async () => {
      expect(await planned(undefined, undefined, undefined)).to.equal(1);
      expect(await planned(undefined, undefined, 2)).to.equal(2);
    });
    it('-p is stronger than parallelism.default', async () => {
      expect(await planned(undefined, 3, 2)).to.equal(3);
    });
    it('setParallelism is stronger than parallelism.default', async () => {
      expect(await planned(4, undefined, 2)).to.equal(4);
    });
    it('setParallelism is stronger than -p', async () => {
      expect(await planned(4, 3, undefined)).to.equal(4);
      expect(await planned(4, 3, 2)).to.equal(4);
    });
    it('-D is stronger than the file, and weaker than -p', async () => {
      user.configure({ 'parallelism.default': 2 });
      const parallelism = async (...options: string[]): Promise<string | undefined> =>
        /"parallelism":(\d+)/.exec((await user.flink('info', ...options, program)).out)?.[1];
      expect(await parallelism('-Dparallelism.default=5')).to.equal('5');
      expect(await parallelism('-Dparallelism.default=5', '-p', '6')).to.equal('6');
    });
  });

  describe('state, until checkpoints are there: parsed and validated', () => {
    const refusal = async (key: string, value: string): Promise<string> => {
      user.configure({ [key]: value });
      const { code, out, err } = await user.flink('info', program);
      return code === 0 ? 'taken' : out + err;
    };

    it('state.backend is one of those that there are', async () => {
      for (const good of ['hashmap', 'rocksdb', 'filesystem', 'memory']) {
        expect(await refusal('state.backend', good)).to.equal('taken');
      }
      expect(await refusal('state.backend', 'oracle')).to.match(
        /state\.backend: "oracle" is not one of hashmap.*\(.*flink-conf\.yaml:1\)/,
      );
    });
    it('state.savepoints.dir is a path or a URI', async () => {
      expect(await refusal('state.savepoints.dir', 'hdfs:///flink/savepoints')).to.equal('taken');
      expect(await refusal('state.savepoints.dir', '/var/savepoints')).to.equal('taken');
      expect(await refusal('state.savepoints.dir', 'savepoints')).to.match(
        /state\.savepoints\.dir: "savepoints" is not an absolute path.*\(.*flink-conf\.yaml:1\)/,
      );
    });
    it('state.checkpoints.dir is a path or a URI', async () => {
      expect(await refusal('state.checkpoints.dir', 'file:///tmp/checkpoints')).to.equal('taken');
      expect(await refusal('state.checkpoints.dir', 'checkpoints')).to.match(/state\.checkpoints\.dir: "checkpoints"/);
    });
  });

  describe('where the JobManager is', () => {
    let manager: TestingJobManager;
    before(async () => {
      manager = await TestingJobManager.start();
    });
    after(() => manager.close());

    it('rest.address is where the client finds REST', async () => {
      user.configure({ 'rest.address': '127.0.0.1', 'rest.port': manager.port });
      expect((await user.flink('list')).code).to.equal(0);
      user.configure({ 'rest.address': '127.0.0.9', 'rest.port': manager.port });
      const { code, err, out } = await user.flink('list');
      expect([code, out + err]).to.satisfy(([c, text]: [number, string]) => c === 1 && text.includes('127.0.0.9'));
    });
    it('rest.port is where the client finds REST', async () => {
      user.configure({ 'rest.address': '127.0.0.1', 'rest.port': 1 });
      const { code, err, out } = await user.flink('list');
      expect([code, out + err]).to.satisfy(([c, text]: [number, string]) => c === 1 && text.includes('127.0.0.1:1'));
    });
    it('jobmanager.rpc.address is where the client finds REST when rest.address says nothing', async () => {
      user.configure({ 'jobmanager.rpc.address': '127.0.0.1', 'rest.port': manager.port });
      expect((await user.flink('list')).code).to.equal(0);
      user.configure({
        'jobmanager.rpc.address': '127.0.0.9',
        'rest.address': '127.0.0.1',
        'rest.port': manager.port,
      });
      expect((await user.flink('list')).code).to.equal(0);
    });
    it('client.timeout is how long one request may take', async () => {
      let server: Server | undefined;
      const port = await new Promise<number>(resolve => {
        server = createServer(() => {});
        server.listen(0, '127.0.0.1', () => resolve((server!.address() as { port: number }).port));
      });
      user.configure({ 'rest.address': '127.0.0.1', 'rest.port': port, 'client.timeout': '50 ms' });
      const { code, err } = await user.flink('list');
      expect(code).to.equal(1);
      expect(err).to.contain('waited 50 ms');
      server?.closeAllConnections();
      server?.close();
    });
    it('execution.target is where run submits to, unless -t says otherwise', async () => {
      user.configure({ 'execution.target': 'remote', 'rest.address': '127.0.0.1', 'rest.port': manager.port });
      const before = manager.jobs.size;
      expect((await user.flink('run', program)).code).to.equal(0);
      expect(manager.jobs.size).to.equal(before + 1);
      user.configure({ 'execution.target': 'nowhere' });
      const { code, out, err } = await user.flink('run', program);
      expect([code, out + err]).to.satisfy(([c, t]: [number, string]) => c === 1 && t.includes('execution.target'));
    });
  });

  it('env.log.dir is where a standalone cluster writes its logs, where FLINK_LOG_DIR is not set', () => {
    const files = StandaloneFiles.of(join(user.dir, 'conf'), {});
    const configuration = Configuration.from({ 'env.log.dir': '/var/log/flink' });
    expect(files.logDirectory(configuration, {})).to.equal('/var/log/flink');
    expect(files.logDirectory(configuration, { FLINK_LOG_DIR: '/elsewhere' })).to.equal('/elsewhere');
  });

  it('fs.default-scheme is the file system of paths without a scheme', () => {
    const parse = (conf: Record<string, string>): string =>
      createFileSystems(Configuration.from(conf), {}).parse('/words.txt').scheme;
    expect(parse({})).to.equal('file');
    expect(parse({ 'fs.default-scheme': 'hdfs:///' })).to.equal('hdfs');
  });

  describe('Hadoop', () => {
    const site = (folder: string, name: string, properties: Record<string, string>): string => {
      const dir = join(user.dir, folder);
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, name), formatSiteXml(properties));
      return dir;
    };
    /** What `yarn-session.sh -q` says of the ResourceManager that it does not find. */
    const query = async (conf: Record<string, string>): Promise<string> => {
      user.configure(conf);
      const { code, out, err } = await user.yarnSession('-q');
      expect(code).to.equal(1);
      return out + err;
    };
    const resourceManager = (address: string): Record<string, string> => ({
      'yarn.resourcemanager.webapp.address': address,
    });

    it('env.hadoop.conf.dir is the Hadoop configuration where HADOOP_CONF_DIR is not set', async () => {
      expect(await query({})).to.contain('HADOOP_CONF_DIR');
      const dir = site('hadoop', 'core-site.xml', { 'fs.defaultFS': 'webhdfs://127.0.0.8:2' });
      site('hadoop', 'yarn-site.xml', resourceManager('127.0.0.8:1'));
      expect(await query({ 'env.hadoop.conf.dir': dir })).to.contain('127.0.0.8:1');
    });
    it('env.yarn.conf.dir is where yarn-site.xml is, as YARN_CONF_DIR says', async () => {
      const hadoop = site('hadoop', 'core-site.xml', { 'fs.defaultFS': 'webhdfs://127.0.0.8:2' });
      const yarn = site('yarn', 'yarn-site.xml', resourceManager('127.0.0.9:1'));
      expect(await query({ 'env.hadoop.conf.dir': hadoop, 'env.yarn.conf.dir': yarn })).to.contain('127.0.0.9:1');
    });
    it('flink.hadoop.<key> is stronger than the site files', async () => {
      const hadoop = site('hadoop', 'core-site.xml', { 'fs.defaultFS': 'webhdfs://127.0.0.8:2' });
      const conf = { 'env.hadoop.conf.dir': hadoop, 'flink.hadoop.yarn.resourcemanager.webapp.address': '127.0.0.7:1' };
      expect(await query(conf)).to.contain('127.0.0.7:1');
    });
  });
});
