import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { MillraceError } from '../../core/errors.js';
import type { Closeable } from '../../core/lifecycle.js';
import { loadHadoopConfiguration } from '../conf/index.js';
import { type DaemonSettings, layout } from './layout.js';
import { NameNode } from './namenode/index.js';
import { NodeManager } from './nodemanager/index.js';
import { ResourceManager } from './resourcemanager/index.js';

/** Runs one daemon of the embedded Hadoop in this process, until it is told to end. */
export async function runDaemon(file: string): Promise<void> {
  const settings = JSON.parse(readFileSync(file, 'utf8')) as DaemonSettings;
  const paths = layout(settings.dir);
  const log = (line: string): void =>
    appendFileSync(paths.logFile(settings.name), `${new Date().toISOString()} ${line}\n`);
  const daemon = await start(settings, log).catch(error => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new MillraceError('ILLEGAL_STATE', `port ${error.port} is in use by another program (EADDRINUSE)`);
  });
  log(`${settings.name} is ready`);
  writeFileSync(`${paths.readyFile(settings.name)}.part`, String(process.pid));
  renameSync(`${paths.readyFile(settings.name)}.part`, paths.readyFile(settings.name));
  const end = (): void => {
    log('ending');
    daemon.close()?.then(
      () => process.exit(0),
      error => {
        log(String(error));
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}

async function start(
  settings: DaemonSettings,
  log: (line: string) => void,
): Promise<Closeable & { close(): Promise<void> }> {
  const paths = layout(settings.dir);
  const { host } = settings;
  const hadoop = loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: paths.conf } });
  const internalSecret = readFileSync(paths.secretFile, 'utf8');
  switch (settings.role) {
    case 'namenode': {
      const { port, dataNodePort, user } = settings;
      return NameNode.start({ dir: paths.hdfs, host, port, dataNodePort, superuser: user });
    }
    case 'resourcemanager':
      return ResourceManager.start({ dir: paths.state, host, ports: settings.ports, hadoop, internalSecret, log });
    case 'nodemanager': {
      const { name, port, httpPort, memoryMb, vcores, user, tracker } = settings;
      const dir = paths.node(name);
      return NodeManager.start({
        dir,
        host,
        port,
        httpPort,
        memoryMb,
        vcores,
        user,
        confDir: paths.conf,
        hadoop,
        tracker,
        internalSecret,
      });
    }
  }
}
