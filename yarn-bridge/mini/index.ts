export { type DaemonStatus, MiniHadoop, type MiniHadoopOptions } from './mini-hadoop.js';
