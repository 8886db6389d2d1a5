/** `node applicationmaster.js`: session, per-job or standalone, as its settings file says. */
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Configuration, Options } from '../../core/config/index.js';
import { MillraceError, messageOf, rootCause } from '../../core/errors.js';
import { FileSystems } from '../../core/fs/index.js';
import { createLogger, type Logger, writeFully } from '../../core/logging.js';
import type { ApplicationMasterSettings } from '../../core/protocol/index.js';
import { VERSION } from '../../core/version.js';
import { type ApplicationEnd, ApplicationMaster } from '../application-master.js';
import { StandaloneDriver } from '../resourcemanager/drivers/standalone.js';
import { readSettings } from './settings.js';

async function startStandalone(settings: ApplicationMasterSettings, logger: Logger): Promise<ApplicationMaster> {
  const configuration = Configuration.from(settings.configuration);
  const host = configuration.get(Options.jobManagerRpcAddress) ?? 'localhost';
  const fileSystems = new FileSystems({ defaultScheme: configuration.get(Options.fsDefaultScheme) ?? 'file' });
  const { registerHdfs } = await import('./hdfs.js');
  registerHdfs(fileSystems, configuration);
  return ApplicationMaster.start({
    configuration,
    logger,
    fileSystems,
    driver: () => new StandaloneDriver(),
    secret: readFileSync(settings.secretFile ?? '', 'utf8').trim(),
    rpc: {
      host: configuration.get(Options.jobManagerBindHost) ?? host,
      port: configuration.get(Options.jobManagerRpcPort),
    },
    rest: {
      host: configuration.get(Options.restBindAddress) ?? '127.0.0.1',
      port: configuration.get(Options.restBindPort) ?? configuration.get(Options.restPort),
      access: { type: 'open' },
      ...(settings.logFile !== undefined && { logFile: settings.logFile }),
    },
    advertisedHost: host,
  });
}

async function main(): Promise<void> {
  let logger = createLogger({ component: 'ApplicationMaster' });
  let master: ApplicationMaster | undefined;
  let failure: MillraceError | undefined;
  try {
    const settings = readSettings(process.env);
    const { logFile } = settings;
    if (logFile) logger = createLogger({ component: 'ApplicationMaster', write: line => appendFileSync(logFile, line) });
    logger.info(`Starting ApplicationMaster, mode ${settings.mode}, Millrace ${VERSION}, Node ${process.version}, pid ${process.pid}`);
    let ended: Promise<ApplicationEnd>;
    if (settings.mode === 'standalone') {
      master = await startStandalone(settings, logger);
      ended = master.ended;
    } else {
      const { startOnYarn } = await import('./yarn.js');
      ({ master, ended } = await startOnYarn(settings, logger));
    }
    logger.info(`REST on port ${master.restPort}, control on port ${master.rpcPort}`);
    if (settings.readyFile) {
      // Renamed, so that whoever waits for the file never reads half of it.
      const { restPort, rpcPort } = master;
      writeFileSync(`${settings.readyFile}.part`, JSON.stringify({ restPort, rpcPort, pid: process.pid }));
      renameSync(`${settings.readyFile}.part`, settings.readyFile);
    }
    const running = master;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => running.requestEnd('KILLED', `the ApplicationMaster received ${signal}`));
    }
    const end = await ended;
    logger.info(`The application ends ${end.status}: ${end.diagnostics}`);
    await running.shutDown(end);
  } catch (error) {
    logger.error('The ApplicationMaster failed', error);
    failure = new MillraceError('INTERNAL', messageOf(rootCause(error)), { cause: error });
    await master?.shutDown({ status: 'FAILED', diagnostics: failure.message }).catch(() => {});
  }
  if (failure) writeFully(2, `${failure.message}\n`);
  process.exit(failure ? 1 : 0);
}

for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, error => {
    createLogger({ component: 'ApplicationMaster' }).error(`${event}: the ApplicationMaster ends`, error);
    process.exit(1);
  });
}

void main();
