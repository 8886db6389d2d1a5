import type { HostPort } from './control.js';

/** Names the JSON file with its TaskManagerSettings to a TaskManager's process. Default: `taskmanager.json`. */
export const TASKMANAGER_SETTINGS_VARIABLE = 'MILLRACE_TASKMANAGER_CONFIG';

/** Alias of the cluster's secret in the token file of a container (HADOOP_TOKEN_FILE_LOCATION). */
export const CLUSTER_SECRET_ALIAS = 'millrace.cluster.secret';

/** What whoever starts a TaskManager writes down for it: a JSON file in its working directory, 0600. No secret in it. */
export interface TaskManagerSettings {
  /** The ApplicationMaster's control endpoint. */
  rpc: HostPort;
  /** Default: CONTAINER_ID, else `<host>:<port of slot 0>-<6 hex>`. */
  taskManagerId?: string;
  /** Under which other TaskManagers reach it. Default: taskmanager.host, else NM_HOST, else the host's name. */
  host?: string;
  /** 0600 file with the cluster's secret, where there is no token file (standalone). */
  secretFile?: string;
  /** Folder of taskmanager.log, .out, .err. Default: the first of LOG_DIRS, else none: logs go to standard error. */
  logDir?: string;
  /**
   * Configuration keys: taskmanager.memory.process.size, taskmanager.numberOfTaskSlots, taskmanager.bind-host,
   * taskmanager.data.port, taskmanager.registration.timeout, task.cancellation.timeout, heartbeat.interval,
   * heartbeat.timeout, fs.default-scheme, io.tmp.dirs, env.hadoop.conf.dir, flink.hadoop.*
   */
  properties: Record<string, string>;
}
