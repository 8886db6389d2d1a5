import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Configuration, Options } from '../../core/config/index.js';
import { MillraceError, messageOf } from '../../core/errors.js';
import type { Lifecycle } from '../../core/lifecycle.js';
import type { Logger } from '../../core/logging.js';
import type { ApplicationMasterSettings } from '../../core/protocol/index.js';
import { createFileSystems } from '../../yarn-bridge/filesystems/index.js';
import { ApplicationMaster } from '../application-master.js';
import { StandaloneDriver } from '../resourcemanager/drivers/standalone.js';

/** A JobManager that somebody starts by hand: on the loopback interface unless it is told otherwise. */
export async function startStandalone(
  settings: ApplicationMasterSettings,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<ApplicationMaster> {
  const configuration = Configuration.from(settings.configuration, 'the settings of the JobManager');
  const host = configuration.get(Options.jobManagerRpcAddress) ?? 'localhost';
  const fileSystems = lifecycle.own(createFileSystems(configuration));
  return ApplicationMaster.start({
    configuration,
    logger,
    fileSystems,
    driver: () => new StandaloneDriver(),
    secret: readSecret(settings.secretFile),
    rpc: {
      host: configuration.get(Options.jobManagerBindHost) ?? host,
      port: configuration.get(Options.jobManagerRpcPort),
    },
    rest: {
      host: configuration.get(Options.restBindAddress) ?? '127.0.0.1',
      port: configuration.get(Options.restBindPort) ?? configuration.get(Options.restPort),
      access: { type: 'open' },
      logFiles: settings.logFile === undefined ? {} : { log: settings.logFile },
    },
    advertisedHost: host,
    tmpDir: configuration.get(Options.ioTmpDirs)?.split(',')[0]?.trim() || tmpdir(),
  });
}

function readSecret(file: string | undefined): string {
  if (file === undefined) throw new MillraceError('ILLEGAL_CONFIGURATION', 'secretFile is missing in the settings.');
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (secret !== '') return secret;
  } catch (error) {
    const message = `The cluster's secret can't be read from ${file}: ${messageOf(error)}`;
    throw new MillraceError('ILLEGAL_CONFIGURATION', message, { cause: error });
  }
  throw new MillraceError('ILLEGAL_CONFIGURATION', `The cluster's secret in ${file} is empty.`);
}
