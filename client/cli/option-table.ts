/** An option as Flink knows it: one dash before the short name (of any length), two before the long one. */
export interface CliOption {
  readonly short?: string;
  readonly long?: string;
  /** Name of its argument in the help; without it the option is a switch. */
  readonly argument?: string;
  /** The argument may be left out: then its value is the empty text. */
  readonly optional?: boolean;
  /** May stand several times. */
  readonly repeatable?: boolean;
  readonly description: string;
  /** Understood, but not shown. */
  readonly hidden?: boolean;
}

/** What all actions share. */
export const GENERAL_OPTIONS = {
  help: { short: 'h', long: 'help', description: 'Show the help message for the CLI Frontend or the action.' },
  verbose: { short: 'v', long: 'verbose', description: 'Show the stack of a failure.' },
} as const satisfies Record<string, CliOption>;

export const GENERIC_OPTIONS = {
  target: {
    short: 't',
    long: 'target',
    argument: 'arg',
    description: 'Where to: local, remote, yarn-session or yarn-per-job (execution.target).',
  },
  executor: { short: 'e', long: 'executor', argument: 'arg', description: 'The older name of -t.', hidden: true },
  define: {
    short: 'D',
    argument: 'property=value',
    repeatable: true,
    description: 'Any configuration key, stronger than the file.',
  },
} as const satisfies Record<string, CliOption>;

export const DEFAULT_MODE_OPTIONS = {
  jobManager: {
    short: 'm',
    long: 'jobmanager',
    argument: 'arg',
    description: "REST address of the JobManager as host:port; 'yarn-cluster' brings up a cluster on YARN for the job.",
  },
  zookeeper: {
    short: 'z',
    long: 'zookeeperNamespace',
    argument: 'arg',
    description: 'Has no effect: there is no ZooKeeper.',
    hidden: true,
  },
} as const satisfies Record<string, CliOption>;

export const YARN_ATTACH_OPTIONS = {
  yarnId: {
    short: 'yid',
    long: 'yarnapplicationId',
    argument: 'arg',
    description: 'Attach to a running YARN session.',
  },
} as const satisfies Record<string, CliOption>;

/** The options of yarn-session.sh, each with its name behind `y` for `flink run`. */
export const YARN_OPTIONS = {
  yarnJobManagerMemory: {
    short: 'yjm',
    long: 'yarnjobManagerMemory',
    argument: 'arg',
    description: "Memory of the JobManager's container, by default in MB.",
  },
  yarnTaskManagerMemory: {
    short: 'ytm',
    long: 'yarntaskManagerMemory',
    argument: 'arg',
    description: "Memory of a TaskManager's container, by default in MB.",
  },
  yarnSlots: { short: 'ys', long: 'yarnslots', argument: 'arg', description: 'Slots of a TaskManager.' },
  yarnContainers: {
    short: 'yn',
    long: 'yarncontainer',
    argument: 'arg',
    description: 'Deprecated: start so many TaskManagers at once, and never more.',
  },
  yarnName: { short: 'ynm', long: 'yarnname', argument: 'arg', description: 'Name of the application on YARN.' },
  yarnQueue: { short: 'yqu', long: 'yarnqueue', argument: 'arg', description: 'YARN queue.' },
  yarnDefine: {
    short: 'yD',
    argument: 'property=value',
    repeatable: true,
    description: 'Any configuration key, as -D.',
  },
  yarnDetached: { short: 'yd', long: 'yarndetached', description: 'Deprecated: use -d.' },
  yarnType: {
    short: 'yat',
    long: 'yarnapplicationType',
    argument: 'arg',
    description: 'Type of the application on YARN.',
  },
  yarnNodeLabel: {
    short: 'ynl',
    long: 'yarnnodeLabel',
    argument: 'arg',
    description: 'YARN node label of the application.',
  },
  yarnQuery: {
    short: 'yq',
    long: 'yarnquery',
    description: 'Show the resources of YARN (memory, cores) and start nothing.',
  },
  yarnHelp: { short: 'yh', long: 'yarnhelp', description: 'Show this help.', hidden: true },
  yarnZookeeper: {
    short: 'yz',
    long: 'yarnzookeeperNamespace',
    argument: 'arg',
    description: 'Has no effect: there is no ZooKeeper.',
    hidden: true,
  },
  yarnJar: {
    short: 'yj',
    long: 'yarnjar',
    argument: 'arg',
    description: 'Has no effect: the runtime is shipped as it is.',
    hidden: true,
  },
  yarnShip: {
    short: 'yt',
    long: 'yarnship',
    argument: 'arg',
    repeatable: true,
    description: 'Not supported: pack files into the bundle, or read them from HDFS.',
    hidden: true,
  },
} as const satisfies Record<string, CliOption>;

export const RUN_OPTIONS = {
  entry: {
    short: 'c',
    long: 'class',
    argument: 'classname',
    description: 'Export of the bundle that is the program; needed where there are several.',
  },
  detached: { short: 'd', long: 'detached', description: 'Submit the job and return.' },
  parallelism: {
    short: 'p',
    long: 'parallelism',
    argument: 'parallelism',
    description: 'Parallelism of the program, where it sets none itself.',
  },
  fromSavepoint: {
    short: 's',
    long: 'fromSavepoint',
    argument: 'savepointPath',
    description: 'Start from a savepoint (comes with checkpoints).',
  },
  allowNonRestored: {
    short: 'n',
    long: 'allowNonRestoredState',
    description: 'Skip state that has no operator (comes with checkpoints).',
  },
  classpath: {
    short: 'C',
    long: 'classpath',
    argument: 'url',
    repeatable: true,
    description: 'Not supported: a bundle has all that its program imports.',
    hidden: true,
  },
  shutdownOnExit: {
    short: 'sae',
    long: 'shutdownOnAttachedExit',
    description: 'Has no effect of its own: an attached client that is interrupted cancels its job.',
  },
} as const satisfies Record<string, CliOption>;

export const CANCEL_OPTIONS = {
  withSavepoint: {
    short: 's',
    long: 'withSavepoint',
    argument: 'targetDirectory',
    optional: true,
    description: 'Deprecated: use stop.',
    hidden: true,
  },
} as const satisfies Record<string, CliOption>;

const SAVEPOINT_FORMAT = {
  type: { long: 'type', argument: 'arg', description: 'Format: canonical or native.' },
  savepointDetached: { long: 'detached', description: 'Trigger it and return.' },
} as const satisfies Record<string, CliOption>;

export const STOP_OPTIONS = {
  drain: { short: 'd', long: 'drain', description: 'Send the last watermark before the savepoint.' },
  savepointPath: { short: 'p', long: 'savepointPath', argument: 'savepointPath', description: 'Where to.' },
  ...SAVEPOINT_FORMAT,
} as const satisfies Record<string, CliOption>;

export const SAVEPOINT_OPTIONS = {
  dispose: { short: 'd', long: 'dispose', argument: 'arg', description: 'Path of a savepoint to dispose.' },
  jarfile: { short: 'j', long: 'jarfile', argument: 'jarfile', description: "The program's bundle.", hidden: true },
  ...SAVEPOINT_FORMAT,
} as const satisfies Record<string, CliOption>;

export const LIST_OPTIONS = {
  all: { short: 'a', long: 'all', description: 'Show all programs, ended ones too.' },
  running: { short: 'r', long: 'running', description: 'Show only running programs.' },
  scheduled: { short: 's', long: 'scheduled', description: 'Show only scheduled programs.' },
} as const satisfies Record<string, CliOption>;
