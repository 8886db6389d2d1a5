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
  /** Changes nothing: why. Its user is told. */
  readonly ineffective?: string;
  /** A job that went without it would do something else: why it can't be had, and what to do. */
  readonly refused?: string;
}

/** Also of yarn-session.sh. */
export const NO_ZOOKEEPER = {
  argument: 'arg',
  description: 'Has no effect.',
  hidden: true,
  ineffective: 'there is no ZooKeeper',
} as const;
/** Also of yarn-session.sh. */
export const OWN_RUNTIME = {
  argument: 'arg',
  description: 'Has no effect.',
  hidden: true,
  ineffective: 'the runtime is shipped as it is',
} as const;
const FROM_SAVEPOINT =
  'Starting from a savepoint (-s, -n, -cm, -rm) comes with checkpoints, which this version does not have yet.';
const NO_PYTHON = {
  argument: 'arg',
  description: 'Not supported.',
  hidden: true,
  refused: 'Python (-py and the like) is not supported: a program is JavaScript or TypeScript.',
} as const;

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
  zookeeper: { short: 'z', long: 'zookeeperNamespace', ...NO_ZOOKEEPER },
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
  yarnZookeeper: { short: 'yz', long: 'yarnzookeeperNamespace', ...NO_ZOOKEEPER },
  yarnJar: { short: 'yj', long: 'yarnjar', ...OWN_RUNTIME },
  yarnShip: {
    short: 'yt',
    long: 'yarnship',
    argument: 'arg',
    repeatable: true,
    description: 'Not supported.',
    hidden: true,
    refused: '-yt (ship files) is not supported: pack what a program needs into its bundle, or read it from HDFS.',
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
    refused: FROM_SAVEPOINT,
  },
  allowNonRestored: {
    short: 'n',
    long: 'allowNonRestoredState',
    description: 'Skip state that has no operator (comes with checkpoints).',
    refused: FROM_SAVEPOINT,
  },
  claimMode: {
    short: 'cm',
    long: 'claimMode',
    argument: 'arg',
    description: 'Whose the savepoint is then (comes with checkpoints).',
    hidden: true,
    refused: FROM_SAVEPOINT,
  },
  restoreMode: {
    short: 'rm',
    long: 'restoreMode',
    argument: 'arg',
    description: 'The older name of -cm.',
    hidden: true,
    refused: FROM_SAVEPOINT,
  },
  classpath: {
    short: 'C',
    long: 'classpath',
    argument: 'url',
    repeatable: true,
    description: 'Not supported.',
    hidden: true,
    refused: '-C (class path) is not supported: a program imports what it needs, and its bundle has it all.',
  },
  shutdownOnExit: {
    short: 'sae',
    long: 'shutdownOnAttachedExit',
    description: 'Cancel the job when the attached client is interrupted, as is done in any case.',
  },
  python: { short: 'py', long: 'python', ...NO_PYTHON },
  pythonFiles: { short: 'pyfs', long: 'pyFiles', ...NO_PYTHON },
  pythonModule: { short: 'pym', long: 'pyModule', ...NO_PYTHON },
  pythonArchives: { short: 'pyarch', long: 'pyArchives', ...NO_PYTHON },
  pythonRequirements: { short: 'pyreq', long: 'pyRequirements', ...NO_PYTHON },
  pythonExecutable: { short: 'pyexec', long: 'pyExecutable', ...NO_PYTHON },
  pythonClientExecutable: { short: 'pyclientexec', long: 'pyClientExecutable', ...NO_PYTHON },
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
