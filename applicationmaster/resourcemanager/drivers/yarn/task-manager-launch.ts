import { Configuration, DEFAULT_PROCESS_SIZE, Options, taskManagerMemory } from '../../../../core/config/index.js';
import {
  CLUSTER_SECRET_ALIAS,
  type HostPort,
  TASKMANAGER_SETTINGS_ALIAS,
  type TaskManagerSettings,
  type YarnSettings,
} from '../../../../core/protocol/index.js';
import { containerCommand, containerLaunchContext } from '../../../../yarn-bridge/launch/index.js';
import { type ContainerLaunchContext, Credentials } from '../../../../yarn-bridge/rpc/index.js';
import type { ContainerSize } from './container-exit.js';

const MB = 1024 ** 2;
/** The main thread of a TaskManager carries control only; slots have heaps of their own. */
const MAIN_THREAD_HEAP_MB = 96;

/** The container that one TaskManager needs. */
export function taskManagerSize(configuration: Configuration, yarn: YarnSettings): ContainerSize {
  const bytes = configuration.get(Options.taskManagerMemory) ?? DEFAULT_PROCESS_SIZE;
  return { memoryMb: Math.ceil(bytes / MB), vcores: yarn.containerVcores };
}

/**
 * How a TaskManager's container is started: its settings and the cluster's secret travel in its token file, never on its
 * command line or in its environment.
 */
export function taskManagerLaunch(
  configuration: Configuration,
  yarn: YarnSettings,
  rpc: HostPort,
  secret: string,
): ContainerLaunchContext {
  // Refused here already where a slot would get too little: each container would only say it again.
  taskManagerMemory(configuration);
  const settings: TaskManagerSettings = { rpc, properties: taskManagerProperties(configuration, yarn) };
  const credentials = new Credentials()
    .addSecret(CLUSTER_SECRET_ALIAS, secret)
    .addSecret(TASKMANAGER_SETTINGS_ALIAS, JSON.stringify(settings));
  return containerLaunchContext({
    resources: yarn.resources,
    command: containerCommand({
      node: yarn.nodeCommand,
      role: 'taskmanager',
      maxOldSpaceMb: MAIN_THREAD_HEAP_MB,
      logName: 'taskmanager',
    }),
    environment: { HADOOP_USER_NAME: yarn.user },
    credentials,
  });
}

/** The cluster's configuration, with Hadoop as the client saw it: the node's own files may be another cluster's. */
function taskManagerProperties(configuration: Configuration, { hadoop }: YarnSettings): Record<string, string> {
  const properties = new Configuration();
  for (const [key, value] of Object.entries(configuration.toMap())) {
    if (!OF_THE_CLIENT.has(key)) properties.set(key, value);
  }
  for (const [key, value] of Object.entries(hadoop)) properties.set(`flink.hadoop.${key}`, value);
  return properties.toMap();
}

/** Paths and hosts of the machine that submitted. */
const OF_THE_CLIENT: ReadonlySet<string> = new Set(
  [
    Options.envHadoopConfDir,
    Options.envYarnConfDir,
    Options.envLogDir,
    Options.taskManagerHost,
    Options.taskManagerBindHost,
    Options.ioTmpDirs,
  ].flatMap(option => [option.key, ...option.synonyms]),
);
