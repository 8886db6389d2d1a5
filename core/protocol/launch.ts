/**
 * What a process is told when it starts: JSON files beside it, never its command line or environment.
 *
 * How the client finds an ApplicationMaster on YARN: it registers with host and rpc_port of its **REST server** (as
 * Flink does), and with `http://host:port/` as tracking URL; the application's report then has them as `amRPCAddress`.
 */
/** Alias of the REST token in the container's token file, beside CLUSTER_SECRET_ALIAS. */
export const REST_TOKEN_ALIAS = 'millrace.rest.token';

/** Alias under which a TaskManager container finds its TaskManagerSettings (JSON) in its token file. */
export const TASKMANAGER_SETTINGS_ALIAS = 'millrace.taskmanager.settings';

/** Names the JSON file with its ApplicationMasterSettings to a standalone JobManager. Default: SETTINGS_FILE. */
export const APPLICATIONMASTER_SETTINGS_VARIABLE = 'MILLRACE_APPLICATIONMASTER_CONFIG';

/** Files in the ApplicationMaster's working directory on YARN. */
export const SETTINGS_FILE = 'applicationmaster.json';
export const JOB_GRAPH_FILE = 'job.graph';
export const JOB_BUNDLE_FILE = 'job.bundle';

/** A file in HDFS that YARN localises, exactly as the client found it after its upload. */
export interface ShippedResource {
  /** Name in the container's working directory. */
  key: string;
  /** Absolute, with scheme and authority. */
  uri: string;
  size: number;
  /** Milliseconds; YARN refuses a file that changed. */
  timestamp: number;
  type: 'FILE' | 'ARCHIVE';
  visibility: 'PRIVATE' | 'APPLICATION';
}

export interface YarnSettings {
  applicationId: string;
  user: string;
  /** Resolved Hadoop properties that containers need. */
  hadoop: Record<string, string>;
  /** Folder that the ApplicationMaster removes at its end. */
  stagingDirectory: string;
  /** What TaskManager containers need: runtime archive and, if shipped, Node. */
  resources: ShippedResource[];
  /** `./node` or an absolute path. */
  nodeCommand: string;
  /** Virtual cores of a TaskManager's container. */
  containerVcores: number;
  /** -n: started at once, kept while idle, and the cap. */
  preStarted?: number;
  /**
   * Per-job: the client waits for the job's result, so the ApplicationMaster stays after the job's end until the result
   * was asked for, some seconds at most. Otherwise it ends with its job.
   */
  attached?: boolean;
}

export interface ApplicationMasterSettings {
  mode: 'session' | 'per-job' | 'standalone';
  configuration: Record<string, string>;
  /** Bytes. */
  memory: number;
  yarn?: YarnSettings;
  /** Standalone: file with the cluster's secret, 0600. */
  secretFile?: string;
  /** Where it writes `{restPort, rpcPort, pid}` once it serves. */
  readyFile?: string;
  /** Its own log file, shown over REST. */
  logFile?: string;
}
