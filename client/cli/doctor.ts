import { type Configuration, Options } from '../../core/config/index.js';
import { messageOf } from '../../core/errors.js';
import { checkNodeCanTravel, thisNode } from '../../yarn-bridge/launch/index.js';
import { clusterSpecification } from '../deploy/cluster-specification.js';
import { HadoopAccess } from '../deploy/hadoop-access.js';
import { interruptible } from '../deploy/interruptible.js';
import { checkAgainstYarn, findQueue } from '../deploy/yarn-limits.js';
import type { Action } from './cli-frontend.js';
import { configurationDirectory, loadClientConfiguration } from './client-configuration.js';
import { checkHdfs } from './doctor-hdfs.js';
import { actionHelp } from './help.js';
import { refuseFurtherWords } from './honour-options.js';
import type { CliIo } from './io.js';
import { GENERAL_OPTIONS, GENERIC_OPTIONS } from './option-table.js';
import { parseOptions, parseProperties } from './parse-options.js';

const TABLE = { ...GENERAL_OPTIONS, define: GENERIC_OPTIONS.define } as const;

/** `flink doctor`: what a job on YARN needs, checked one by one. Exit code 1 if something is wrong. */
export const doctor: Action = async (io, argv) => {
  const options = parseOptions(TABLE, argv);
  if (options.has('help')) {
    for (const line of actionHelp('doctor')) io.out(line);
    return 0;
  }
  refuseFurtherWords(options, 0);
  const examination = new Examination(io);
  await examination.check('Node', () => describeNode());
  const configuration = await examination.check('configuration', async () => {
    const loaded = await loadClientConfiguration(io, parseProperties(options.all('define')));
    return { value: loaded, said: configurationDirectory(io.env) };
  });
  if (configuration) {
    await examination.check('shipping Node', () => describeShipping(configuration));
    await examineHadoop(io, examination, configuration);
  }
  io.out(
    examination.failures === 0 ? 'All is well.' : `${examination.failures} of ${examination.checks} checks failed.`,
  );
  return examination.failures === 0 ? 0 : 1;
};

async function examineHadoop(io: CliIo, examination: Examination, configuration: Configuration): Promise<void> {
  const hadoop = await examination.check('Hadoop configuration', () => {
    const value = HadoopAccess.open(configuration, io.env);
    return { value, said: `${value.conf.source}, user ${value.user}` };
  });
  if (!hadoop) return;
  try {
    await checkHdfs(hadoop, (name, work) => examination.check(name, work));
    await checkYarn(hadoop, configuration, examination);
  } finally {
    await hadoop.close();
  }
}

async function checkYarn(
  { resourceManager, conf }: HadoopAccess,
  configuration: Configuration,
  examination: Examination,
): Promise<void> {
  const info = await examination.check('ResourceManager', async () => {
    const value = await resourceManager.clusterInfo();
    const [first] = conf.resourceManagers();
    return { value, said: `${first?.webapp ?? ''}, Hadoop ${value.hadoopVersion}` };
  });
  if (!info) return;
  await examination.check('NodeManagers', async () => {
    const nodes = await resourceManager.nodes(['RUNNING']);
    if (nodes.length === 0) throw new Error('none is running: containers have nowhere to go');
    const free = nodes.reduce((sum, node) => sum + node.availableMb, 0);
    return { said: `${nodes.length} running, ${free} MB free` };
  });
  await examination.check('container sizes', async () => {
    const application = await resourceManager.newApplication();
    const specification = clusterSpecification(configuration);
    checkAgainstYarn(specification, configuration, application, conf);
    const { masterMemoryMb, taskManagerMemoryMb } = specification;
    return {
      said: `JobManager ${masterMemoryMb} MB, TaskManager ${taskManagerMemoryMb} MB; largest container ${application.maximumMemoryMb} MB`,
    };
  });
  await examination.check('queue', async () => {
    const name = configuration.get(Options.yarnApplicationQueue) ?? 'default';
    const [queues, metrics] = await Promise.all([resourceManager.queues(), resourceManager.metrics()]);
    const queue = findQueue(name, queues);
    const { masterMemoryMb, taskManagerMemoryMb } = clusterSpecification(configuration);
    const needed = masterMemoryMb + taskManagerMemoryMb;
    const room = Math.min(metrics.availableMb, queue.maxMb === undefined ? Infinity : queue.maxMb - queue.usedMb);
    if (room < needed) {
      throw new Error(
        `${queue.name} has ${Math.max(0, room)} MB left, a JobManager and one TaskManager need ${needed} MB: they would wait in ACCEPTED`,
      );
    }
    return { said: `${queue.name}, ${room} MB left` };
  });
}

function describeNode(): { said: string } {
  const { path, version, platform, arch } = thisNode();
  return { said: `${version} ${platform}-${arch}, ${path}` };
}

function describeShipping(configuration: Configuration): { said: string } {
  const path = configuration.get(Options.yarnNodePath);
  if (path !== undefined) return { said: `not needed: containers use ${path} (yarn.node-path)` };
  checkNodeCanTravel();
  return { said: 'this Node can travel to containers' };
}

/** What one check says, and gives to the next. */
export interface Finding<T> {
  value?: T;
  said: string;
}

class Examination {
  failures = 0;
  checks = 0;

  constructor(private readonly io: CliIo) {}

  /** Undefined if it failed (or gave nothing). */
  readonly check = async <T>(name: string, work: () => Finding<T> | Promise<Finding<T>>): Promise<T | undefined> => {
    this.checks++;
    try {
      const { value, said } = await interruptible((async () => work())(), this.io.interrupted);
      this.io.out(`  ok    ${name}: ${said}`);
      return value;
    } catch (error) {
      this.io.interrupted.throwIfAborted();
      this.failures++;
      this.io.out(`  FAIL  ${name}: ${messageOf(error)}`);
      return undefined;
    }
  };
}
