import { type CliOption, NO_ZOOKEEPER, OWN_RUNTIME } from './option-table.js';

/** The options of yarn-session.sh. */
export const SESSION_OPTIONS = {
  applicationType: {
    short: 'at',
    long: 'applicationType',
    argument: 'arg',
    description: 'Type of the application on YARN.',
  },
  define: {
    short: 'D',
    argument: 'property=value',
    repeatable: true,
    description: 'Any configuration key, stronger than the file.',
  },
  detached: { short: 'd', long: 'detached', description: 'Return when the session is up.' },
  yarnDetached: { short: 'yd', long: 'yarndetached', description: 'Deprecated: use -d.', hidden: true },
  help: { short: 'h', long: 'help', description: 'Show this help.' },
  verbose: { short: 'v', long: 'verbose', description: 'Show the stack of a failure.' },
  applicationId: { short: 'id', long: 'applicationId', argument: 'arg', description: 'Attach to a running session.' },
  jar: { short: 'j', long: 'jar', ...OWN_RUNTIME },
  jobManagerMemory: {
    short: 'jm',
    long: 'jobManagerMemory',
    argument: 'arg',
    description: "Memory of the JobManager's container, by default in MB (default 1024, at least 256).",
  },
  jobManager: {
    short: 'm',
    long: 'jobmanager',
    argument: 'arg',
    description: 'Has no effect.',
    hidden: true,
    ineffective: 'a session is always on YARN',
  },
  containers: {
    short: 'n',
    long: 'container',
    argument: 'arg',
    description: 'Deprecated: start so many TaskManagers at once, and never more. Without it they come with demand.',
  },
  nodeLabel: {
    short: 'nl',
    long: 'nodeLabel',
    argument: 'arg',
    description: 'YARN node label of the application.',
  },
  name: { short: 'nm', long: 'name', argument: 'arg', description: 'Name of the application on YARN.' },
  query: { short: 'q', long: 'query', description: 'Show the resources of YARN (memory, cores) and start nothing.' },
  queue: { short: 'qu', long: 'queue', argument: 'arg', description: 'YARN queue.' },
  slots: { short: 's', long: 'slots', argument: 'arg', description: 'Slots of a TaskManager.' },
  ship: {
    short: 't',
    long: 'ship',
    argument: 'arg',
    description: 'Not supported.',
    hidden: true,
    refused: '-t (ship files) is not supported: pack what a program needs into its bundle, or read it from HDFS.',
  },
  taskManagerMemory: {
    short: 'tm',
    long: 'taskManagerMemory',
    argument: 'arg',
    description: "Memory of a TaskManager's container, by default in MB (default 1024, at least 256).",
  },
  zookeeper: { short: 'z', long: 'zookeeperNamespace', ...NO_ZOOKEEPER },
} as const satisfies Record<string, CliOption>;
