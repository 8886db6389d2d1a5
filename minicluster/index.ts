export { LocalExecutor, type LocalExecutorOptions, localExecutor } from './local-executor.js';
export { LocalJob } from './local-job.js';
export { type JobFunctions, MiniCluster, type MiniClusterOptions } from './mini-cluster.js';
