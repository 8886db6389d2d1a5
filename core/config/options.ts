import {
  atLeast,
  boolean,
  type ConfigOption,
  custom,
  duration,
  floating,
  folder,
  integer,
  memory,
  oneOf,
  parsePortRange,
  port,
  portRange,
  string,
} from './option.js';
import { parseDuration, parseMemorySize } from './values.js';

const positive = custom<number>('integer', atLeast(1));

/** Every key the platform reads. Names, synonyms and defaults are Flink's unless the description says otherwise. */
export const Options = {
  // jobmanager
  jobManagerRpcAddress: string('jobmanager.rpc.address', undefined, {
    description:
      'Host at which TaskManagers find the JobManager of a standalone cluster; on YARN set by the ApplicationMaster.',
  }),
  jobManagerRpcPort: port('jobmanager.rpc.port', 6123, {
    description: 'Port of the control connection of a standalone cluster; on YARN always any free one.',
  }),
  jobManagerBindHost: string('jobmanager.bind-host', undefined, {
    description: 'Address on which the control connection listens. Standalone: jobmanager.rpc.address.',
  }),
  jobManagerMemory: memory('jobmanager.memory.process.size', undefined, {
    synonyms: ['jobmanager.heap.size'],
    description: 'Size of the JobManager process, on YARN of its container; -jm and -yjm set it. Default 1024m.',
  }),
  // taskmanager
  taskManagerMemory: memory('taskmanager.memory.process.size', undefined, {
    synonyms: ['taskmanager.heap.size'],
    description: 'Size of a TaskManager process, on YARN of its container; -tm and -ytm set it. Default 1024m.',
  }),
  taskManagerSlots: positive('taskmanager.numberOfTaskSlots', 1, {
    description: 'Slots, that is worker threads, of a TaskManager; -s and -ys set it.',
  }),
  taskManagerHost: string('taskmanager.host', undefined, {
    description: 'Host name under which a TaskManager is reached by the others.',
  }),
  taskManagerBindHost: string('taskmanager.bind-host', undefined, {
    description: 'Address on which the data ports of a TaskManager listen.',
  }),
  taskManagerDataPort: portRange('taskmanager.data.port', '0', {
    description: 'Port or range for the data servers: one port for each slot.',
  }),
  taskManagerRegistrationTimeout: duration('taskmanager.registration.timeout', 300_000, {
    description: 'A TaskManager that cannot reach the JobManager for so long ends.',
  }),
  taskCancellationTimeout: duration('task.cancellation.timeout', 180_000, {
    description: 'A cancelled task that does not end within it takes its TaskManager with it; 0 waits for ever.',
  }),
  networkFraction: floating('taskmanager.memory.network.fraction', 0.1, {
    description: 'Share of a TaskManager for data in flight.',
  }),
  bufferDebloatEnabled: boolean('taskmanager.network.memory.buffer-debloat.enabled', false, {
    description: 'Let batches shrink where their consumer is slow, so that less is in flight.',
  }),
  bufferDebloatTarget: duration('taskmanager.network.memory.buffer-debloat.target', 1000, {
    description: 'How long a consumer should take to work off what is in flight to it.',
  }),
  bufferDebloatPeriod: duration('taskmanager.network.memory.buffer-debloat.period', 200, {
    description: 'How often it is looked at, in time that the consumer works.',
  }),
  bufferDebloatThresholdPercentages: positive('taskmanager.network.memory.buffer-debloat.threshold-percentages', 25, {
    description: 'Smaller changes than this are not made.',
  }),
  bufferDebloatSamples: positive('taskmanager.network.memory.buffer-debloat.samples', 20, {
    description: 'Looks that the average goes over: fewer adapt faster, more even out peaks.',
  }),
  managedFraction: floating('taskmanager.memory.managed.fraction', 0.1, {
    description: 'Share of a TaskManager for state caches. Flink has 0.4: here state lives on the heap of its slot.',
  }),
  // execution
  parallelismDefault: positive('parallelism.default', 1, { description: 'Parallelism where nothing else says one.' }),
  maxParallelism: integer('pipeline.max-parallelism', -1, { description: 'Number of key groups; -1 derives it.' }),
  operatorChaining: boolean('pipeline.operator-chaining.enabled', true, {
    synonyms: ['pipeline.operator-chaining'],
    description: 'Chain operators into one task where the rules allow it.',
  }),
  objectReuse: boolean('pipeline.object-reuse', false, {
    description: 'Hand records to several consumers without a copy.',
  }),
  bufferTimeout: custom<number>('duration', t => (t.trim() === '-1' ? -1 : parseDuration(t)))(
    'execution.buffer-timeout',
    100,
    {
      synonyms: ['execution.buffer-timeout.interval'],
      description:
        'How long a record may wait for its batch to fill (of an idle task a tenth of it); 0 sends each at once, -1 only full batches.',
    },
  ),
  latencyInterval: duration('metrics.latency.interval', 0, {
    description: 'Time between two latency markers of a source; 0 emits none.',
  }),
  autoWatermarkInterval: duration('pipeline.auto-watermark-interval', 200, {
    description: 'Time between two periodic watermarks; 0 emits none.',
  }),
  runtimeMode: custom<'STREAMING' | 'BATCH' | 'AUTOMATIC'>('string', oneOf('STREAMING', 'BATCH', 'AUTOMATIC'))(
    'execution.runtime-mode',
    'STREAMING',
    {
      description:
        'STREAMING: results follow their input. BATCH: each result once, for bounded sources only. AUTOMATIC: BATCH if all sources are bounded.',
    },
  ),
  executionTarget: custom<'remote' | 'local' | 'yarn-session' | 'yarn-per-job', undefined>(
    'string',
    oneOf('remote', 'local', 'yarn-session', 'yarn-per-job'),
  )('execution.target', undefined, { description: 'Where `flink run` submits to; -t sets it.' }),
  // state: parsed and validated; they take effect with checkpoints
  stateBackend: custom<string, undefined>('string', oneOf('hashmap', 'memory', 'jobmanager', 'filesystem', 'rocksdb'))(
    'state.backend',
    undefined,
    { synonyms: ['state.backend.type'], description: 'hashmap, memory, filesystem or rocksdb.' },
  ),
  savepointsDir: folder('state.savepoints.dir', undefined, {
    synonyms: ['execution.checkpointing.savepoint-dir'],
    description: 'Where savepoints go by default.',
  }),
  checkpointsDir: folder('state.checkpoints.dir', undefined, {
    synonyms: ['execution.checkpointing.dir'],
    description: 'Where checkpoints go.',
  }),
  // restart strategy
  restartStrategy: custom<'none' | 'off' | 'disable' | 'fixed-delay' | 'failure-rate' | 'exponential-delay', undefined>(
    'string',
    oneOf('none', 'off', 'disable', 'fixed-delay', 'failure-rate', 'exponential-delay'),
  )('restart-strategy', undefined, {
    synonyms: ['restart-strategy.type'],
    description: 'none, fixed-delay, failure-rate or exponential-delay; unset: none without checkpoints.',
  }),
  fixedDelayAttempts: integer('restart-strategy.fixed-delay.attempts', 1, { description: 'Restarts allowed.' }),
  fixedDelayDelay: duration('restart-strategy.fixed-delay.delay', 1000, { description: 'Wait between restarts.' }),
  failureRateMax: integer('restart-strategy.failure-rate.max-failures-per-interval', 1, {
    description: 'Failures allowed in the interval.',
  }),
  failureRateInterval: duration('restart-strategy.failure-rate.failure-rate-interval', 60_000, {
    description: 'The interval.',
  }),
  failureRateDelay: duration('restart-strategy.failure-rate.delay', 1000, { description: 'Wait between restarts.' }),
  exponentialInitial: duration('restart-strategy.exponential-delay.initial-backoff', 1000, {
    description: 'First wait.',
  }),
  exponentialMax: duration('restart-strategy.exponential-delay.max-backoff', 60_000, { description: 'Longest wait.' }),
  exponentialMultiplier: floating('restart-strategy.exponential-delay.backoff-multiplier', 1.5, {
    description: 'Growth of the wait.',
  }),
  exponentialReset: duration('restart-strategy.exponential-delay.reset-backoff-threshold', 3_600_000, {
    description: 'Time without failure after which the wait starts anew.',
  }),
  exponentialJitter: floating('restart-strategy.exponential-delay.jitter-factor', 0.1, {
    description: 'Random share of the wait.',
  }),
  // rest and web
  restPort: port('rest.port', 8081, {
    description: 'REST port: what clients connect to and, where rest.bind-port is not set, what the server listens on.',
  }),
  restBindPort: custom<string, undefined>('port range', parsePortRange)('rest.bind-port', undefined, {
    description: 'Port or range the server listens on. On YARN any free one.',
  }),
  restAddress: string('rest.address', undefined, {
    description: 'Host that clients connect to. Default: jobmanager.rpc.address.',
  }),
  restBindAddress: string('rest.bind-address', undefined, {
    description: 'Address the server listens on. Standalone default: 127.0.0.1, as in current Flink.',
  }),
  restMaxContentLength: custom<number>('memory size', t => parseMemorySize(t))(
    'rest.server.max-content-length',
    104_857_600,
    { description: 'Largest request.' },
  ),
  clientTimeout: duration('client.timeout', 60_000, { description: 'Timeout of one request of a client.' }),
  webRefreshInterval: duration('web.refresh-interval', 3000, { description: 'How often pages poll.' }),
  jobStoreCapacity: positive('jobstore.max-capacity', 500, {
    description: 'Ended jobs that the JobManager still shows. Flink has no limit but an hour.',
  }),
  // yarn
  yarnApplicationName: string('yarn.application.name', undefined, { description: '-nm and -ynm.' }),
  yarnApplicationQueue: string('yarn.application.queue', undefined, { description: '-qu and -yqu. Default: default.' }),
  yarnApplicationType: string('yarn.application.type', undefined, {
    description: '-at and -yat. Default: Apache Flink.',
  }),
  yarnApplicationId: string('yarn.application.id', undefined, { description: '-id and -yid.' }),
  yarnApplicationPriority: integer('yarn.application.priority', -1, { description: '0 or more sets the priority.' }),
  yarnApplicationNodeLabel: string('yarn.application.node-label', undefined, { description: '-nl and -ynl.' }),
  yarnTags: string('yarn.tags', undefined, { description: 'Application tags, comma separated.' }),
  yarnAppMasterVcores: positive('yarn.appmaster.vcores', 1, {
    description: "Virtual cores of the ApplicationMaster's container.",
  }),
  yarnContainersVcores: integer('yarn.containers.vcores', -1, {
    description: "Virtual cores of a TaskManager's container; -1: as many as slots.",
  }),
  yarnMaximumFailedContainers: integer('yarn.maximum-failed-containers', 10, {
    description:
      'So many containers in a row that end before their TaskManager registers, while no other TaskManager is there, fail the application; -1: never.',
  }),
  yarnPropertiesFileLocation: string('yarn.properties-file.location', undefined, {
    description: 'Folder of .yarn-properties-<user>; default: the folder for temporary files.',
  }),
  yarnStagingDirectory: folder('yarn.staging-directory', undefined, {
    description: 'Parent of .flink/<application id>; default: the home directory in the default file system.',
  }),
  yarnShipNode: boolean('yarn.ship-node', true, {
    description: "Ours: ship the client's own Node executable to the containers, cached in HDFS by its hash.",
  }),
  yarnNodePath: string('yarn.node-path', undefined, {
    description: 'Ours: absolute path of a Node executable on every NodeManager, instead of shipping one.',
  }),
  // heartbeat, slots, resource manager
  heartbeatInterval: duration('heartbeat.interval', 10_000, { description: 'Between JobManager and TaskManagers.' }),
  heartbeatTimeout: duration('heartbeat.timeout', 50_000, { description: 'A silent peer is declared dead after it.' }),
  slotRequestTimeout: duration('slot.request.timeout', 300_000, { description: 'A job waits so long for its slots.' }),
  taskManagerTimeout: duration('resourcemanager.taskmanager-timeout', 30_000, {
    description: 'Idle TaskManagers are released after it, but for those of -n.',
  }),
  // files and folders
  fsDefaultScheme: string('fs.default-scheme', 'file:///', { description: 'File system of paths without a scheme.' }),
  ioTmpDirs: string('io.tmp.dirs', undefined, {
    description: "Local scratch folders, comma separated; on YARN the container's local folders.",
  }),
  envLogDir: string('env.log.dir', undefined, { description: 'Log folder of a standalone cluster.' }),
  envHadoopConfDir: string('env.hadoop.conf.dir', undefined, {
    description: 'Hadoop configuration folder; as HADOOP_CONF_DIR.',
  }),
  envYarnConfDir: string('env.yarn.conf.dir', undefined, {
    description: 'YARN configuration folder; as YARN_CONF_DIR.',
  }),
} satisfies Record<string, ConfigOption<unknown>>;

/** Keys under these prefixes are free: they belong to Hadoop or to the user. */
export const FREE_PREFIXES = ['flink.hadoop.', 'pipeline.global-job-parameters.', 'user.', 'env.java.opts'] as const;
