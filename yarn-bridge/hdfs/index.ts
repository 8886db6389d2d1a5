export type { ContentSummary } from './answers.js';
export { HdfsFileSystem } from './hdfs-file-system.js';
export { type HdfsOptions, hdfsOptionsOf } from './hdfs-options.js';
export { type HostMap, mapHost, parseHostMap } from './host-map.js';
