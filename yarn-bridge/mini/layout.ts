import { join } from 'node:path';

/** Where an embedded Hadoop keeps everything: below one folder. */
export const layout = (dir: string) => ({
  conf: join(dir, 'conf'),
  logs: join(dir, 'logs'),
  run: join(dir, 'run'),
  daemonFile: (name: string) => join(dir, 'run', `${name}.json`),
  pidFile: (name: string) => join(dir, 'run', `${name}.pid`),
  readyFile: (name: string) => join(dir, 'run', `${name}.ready`),
  logFile: (name: string) => join(dir, 'logs', `${name}.log`),
  secretFile: join(dir, 'run', 'internal-secret'),
  hdfs: join(dir, 'hdfs'),
  state: join(dir, 'rm'),
  node: (name: string) => join(dir, 'nm', name),
});

/** Names its file to a daemon: nothing about it stands on its command line. */
export const DAEMON_VARIABLE = 'MILLRACE_MINI_DAEMON';

/** What a daemon is told. */
export type DaemonSettings = { dir: string; name: string; host: string } & (
  | { role: 'namenode'; port: number; dataNodePort: number; user: string }
  | { role: 'resourcemanager'; ports: { webapp: number; scheduler: number; client: number; tracker: number } }
  | {
      role: 'nodemanager';
      port: number;
      httpPort: number;
      memoryMb: number;
      vcores: number;
      user: string;
      tracker: string;
    }
);
