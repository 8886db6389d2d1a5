import { type Configuration, Options } from '../../core/config/index.js';
import { Lifecycle } from '../../core/lifecycle.js';
import { clusterSpecification } from '../deploy/cluster-specification.js';
import { HadoopAccess } from '../deploy/hadoop-access.js';
import { PropertiesFile } from '../deploy/properties-file.js';
import { sweepStaging } from '../deploy/sweep.js';
import { YarnClusterClient } from '../deploy/yarn-cluster-client.js';
import { YarnClusterDescriptor } from '../deploy/yarn-cluster-descriptor.js';
import { isVerbose } from './cli-frontend.js';
import { loadClientConfiguration } from './client-configuration.js';
import { reportFailure } from './failure-report.js';
import { optionLines } from './help.js';
import { refuseFurtherWords, refuseOrWarn, warnOfUnused } from './honour-options.js';
import type { CliIo } from './io.js';
import { type ParsedOptions, parseOptions, parseProperties } from './parse-options.js';
import { SESSION_OPTIONS } from './session-options.js';
import { attendSession } from './session-prompt.js';
import { stopInstructions } from './stop-instructions.js';
import { checkApplicationId, positive, setMemory, setSlots } from './target.js';

/** What a session that runs has already. */
const FOR_A_NEW_SESSION = [
  ...(['containers', 'slots', 'jobManagerMemory', 'taskManagerMemory'] as const),
  ...(['name', 'queue', 'applicationType', 'nodeLabel'] as const),
];

type SessionOptions = ParsedOptions<typeof SESSION_OPTIONS>;

/** `yarn-session.sh`: gives the exit code. */
export async function yarnSession(io: CliIo, argv: readonly string[]): Promise<number> {
  try {
    return await startOrAttach(io, argv);
  } catch (error) {
    return reportFailure(io, error, isVerbose(argv));
  }
}

async function startOrAttach(io: CliIo, argv: readonly string[]): Promise<number> {
  const options = parseOptions(SESSION_OPTIONS, argv);
  if (options.has('help')) {
    for (const line of ['Usage:', '   Optional', ...optionLines(SESSION_OPTIONS, 5)]) io.out(line);
    return 0;
  }
  refuseFurtherWords(options, 0);
  refuseOrWarn(io, SESSION_OPTIONS, options);
  const dynamicProperties = parseProperties(options.all('define'));
  const configuration = await loadClientConfiguration(io, dynamicProperties);
  applySessionOptions(options, configuration);
  if (options.has('query')) {
    const { queryYarn } = await import('./yarn-query.js');
    return queryYarn(io, configuration);
  }
  if (options.has('yarnDetached')) io.err('WARNING: -yd is deprecated: use -d.');
  const detached = options.hasAny('detached', 'yarnDetached');
  const id = options.get('applicationId');
  if (id !== undefined) warnOfUnused(io, SESSION_OPTIONS, options, FOR_A_NEW_SESSION, `the session ${id} runs already`);
  return id === undefined
    ? start(io, options, configuration, dynamicProperties, detached)
    : attach(io, configuration, checkApplicationId(id), detached);
}

async function start(
  io: CliIo,
  options: SessionOptions,
  configuration: Configuration,
  dynamicProperties: Record<string, string>,
  detached: boolean,
): Promise<number> {
  const count = options.get('containers');
  const taskManagers = count === undefined ? undefined : positive(count, '-n: the number of TaskManagers');
  if (taskManagers !== undefined) {
    io.err(
      `WARNING: -n is deprecated: ${taskManagers} TaskManagers start at once, stay while idle, and no more are added. ` +
        'Without it they come and go with demand.',
    );
  }
  const specification = clusterSpecification(configuration, taskManagers);
  await withHadoop(io, configuration, async (hadoop, file) => {
    const client = await new YarnClusterDescriptor(hadoop, configuration, io).deploy({
      mode: 'session',
      specification,
    });
    const { applicationId } = client;
    try {
      file.write({ applicationId, dynamicProperties });
      io.out(`JobManager Web Interface: ${client.webInterface}`);
      if (detached) for (const line of stopInstructions(applicationId)) io.out(line);
      else await attendSession(io, hadoop, client, file);
    } finally {
      client.close();
    }
  });
  return 0;
}

async function attach(
  io: CliIo,
  configuration: Configuration,
  applicationId: string,
  detached: boolean,
): Promise<number> {
  await withHadoop(io, configuration, async (hadoop, file) => {
    const client = await YarnClusterClient.attach(hadoop, applicationId, configuration.get(Options.clientTimeout));
    try {
      io.out(`Found Web Interface ${client.webInterface.replace('http://', '')} of application '${applicationId}'.`);
      io.out(`JobManager Web Interface: ${client.webInterface}`);
      if (detached) for (const line of stopInstructions(applicationId)) io.out(line);
      else await attendSession(io, hadoop, client, file);
    } finally {
      client.close();
    }
  });
  return 0;
}

async function withHadoop(
  io: CliIo,
  configuration: Configuration,
  work: (hadoop: HadoopAccess, file: PropertiesFile) => Promise<void>,
): Promise<void> {
  const lifecycle = new Lifecycle();
  const hadoop = lifecycle.own(HadoopAccess.open(configuration, io.env));
  const sweep = sweepStaging(hadoop, text => io.err(text));
  lifecycle.defer(() => sweep);
  try {
    await work(hadoop, PropertiesFile.of(configuration, io.env));
  } finally {
    await lifecycle.close();
  }
}

function applySessionOptions(options: SessionOptions, configuration: Configuration): void {
  setMemory(configuration, Options.jobManagerMemory, options.get('jobManagerMemory'), '-jm');
  setMemory(configuration, Options.taskManagerMemory, options.get('taskManagerMemory'), '-tm');
  setSlots(configuration, options.get('slots'), '-s');
  for (const [name, option, flag] of [
    ['name', Options.yarnApplicationName, '-nm'],
    ['queue', Options.yarnApplicationQueue, '-qu'],
    ['applicationType', Options.yarnApplicationType, '-at'],
    ['nodeLabel', Options.yarnApplicationNodeLabel, '-nl'],
  ] as const) {
    const value = options.get(name);
    if (value !== undefined) configuration.setOption(option, value, flag);
  }
}
