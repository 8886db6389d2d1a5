import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Configuration, Options } from '../../core/config/index.js';
import { MillraceError, messageOf } from '../../core/errors.js';
import type { FileSystems } from '../../core/fs/index.js';
import type { Lifecycle } from '../../core/lifecycle.js';
import type { Logger } from '../../core/logging.js';
import {
  type ApplicationMasterSettings,
  CLUSTER_SECRET_ALIAS,
  REST_TOKEN_ALIAS,
  type YarnSettings,
} from '../../core/protocol/index.js';
import { HadoopConfiguration, parseHostPort } from '../../yarn-bridge/conf/index.js';
import { createFileSystems } from '../../yarn-bridge/filesystems/index.js';
import { ApplicationMasterClient, ContainerManagementClient, Credentials } from '../../yarn-bridge/rpc/index.js';
import { ApplicationMaster } from '../application-master.js';
import { taskManagerLaunch, taskManagerSize } from '../resourcemanager/drivers/yarn/task-manager-launch.js';
import { YarnDriver } from '../resourcemanager/drivers/yarn/yarn-driver.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Session or per-job: the ApplicationMaster of a YARN application, in its container. */
export async function startOnYarn(
  settings: ApplicationMasterSettings,
  env: Environment,
  logger: Logger,
  lifecycle: Lifecycle,
  beforeRegistration?: (master: ApplicationMaster) => Promise<void>,
): Promise<ApplicationMaster> {
  const { yarn } = settings;
  if (!yarn) throw new MillraceError('ILLEGAL_CONFIGURATION', `Mode ${settings.mode} needs the section yarn.`);
  const configuration = Configuration.from(settings.configuration, 'the settings of the application');
  const hadoop = HadoopConfiguration.fromRecord(yarn.hadoop, { ...env, HADOOP_USER_NAME: yarn.user });
  const fileSystems = lifecycle.own(createFileSystems(configuration, { hadoop }));
  const credentials = readCredentials(env);
  const secret = secretOf(credentials, CLUSTER_SECRET_ALIAS);
  const host = env['NM_HOST'] ?? 'localhost';
  const bindHost = isLoopback(host) ? host : '0.0.0.0';
  const logDir = env['LOG_DIRS']?.split(',')[0];
  const token = credentials.token('YARN_AM_RM_TOKEN');
  if (!token) throw new MillraceError('AUTHENTICATION_FAILED', 'The token file of the container holds no AMRMToken.');

  return ApplicationMaster.start({
    configuration,
    logger,
    fileSystems,
    secret,
    rpc: { host: bindHost, port: 0 },
    rest: {
      host: bindHost,
      port: configuration.get(Options.restBindPort) ?? 0,
      access: {
        type: 'token',
        token: secretOf(credentials, REST_TOKEN_ALIAS),
        proxyAddresses: await proxyAddresses(hadoop, logger),
      },
      logFiles:
        logDir === undefined
          ? {}
          : { log: settings.logFile ?? join(logDir, 'jobmanager.log'), stdout: join(logDir, 'jobmanager.out') },
    },
    advertisedHost: host,
    tmpDir: process.cwd(),
    keepWorkers: yarn.preStarted ?? 0,
    ...(beforeRegistration && { beforeRegistration }),
    driver: ({ rpcPort, restPort }) => {
      const launchContext = taskManagerLaunch(configuration, yarn, { host, port: rpcPort }, secret);
      return new YarnDriver({
        scheduler: onReRegistered =>
          new ApplicationMasterClient({
            addresses: hadoop.resourceManagers().map(rm => rm.scheduler),
            token,
            retryForMs: connectMaxWait(hadoop),
            onReRegistered,
          }),
        containers: new ContainerManagementClient(),
        // The port under which YARN shows an application is the one that clients talk to: REST.
        registration: { host, rpcPort: restPort, trackingUrl: `http://${host}:${restPort}/` },
        size: taskManagerSize(configuration, yarn),
        slotsPerWorker: configuration.get(Options.taskManagerSlots),
        ...(yarn.preStarted !== undefined && { maxWorkers: yarn.preStarted }),
        launchContext: () => launchContext,
        beforeDeregistration: () => removeStaging(yarn, fileSystems, logger),
        logger: logger.child({ component: 'YarnDriver' }),
      });
    },
  });
}

/** Milliseconds; -1 is for ever. */
function connectMaxWait(hadoop: HadoopConfiguration): number {
  const wait = hadoop.getNumber('yarn.resourcemanager.connect.max-wait.ms', 900_000);
  return wait < 0 ? Number.POSITIVE_INFINITY : wait;
}

function readCredentials(env: Environment): Credentials {
  const file = env['HADOOP_TOKEN_FILE_LOCATION'];
  if (file === undefined) {
    const message = 'HADOOP_TOKEN_FILE_LOCATION is not set: session and per-job mode run in a container of YARN.';
    throw new MillraceError('ILLEGAL_STATE', message);
  }
  try {
    return Credentials.read(readFileSync(file));
  } catch (error) {
    throw new MillraceError('ILLEGAL_STATE', `The token file ${file} can't be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function secretOf(credentials: Credentials, alias: string): string {
  const secret = credentials.secretText(alias);
  if (secret) return secret;
  throw new MillraceError('ILLEGAL_STATE', `The token file of the container holds no ${alias}.`);
}

/** Where requests of YARN's proxy come from: the ResourceManagers' hosts, and that of a proxy of its own. */
async function proxyAddresses(hadoop: HadoopConfiguration, logger: Logger): Promise<ReadonlySet<string>> {
  const hosts = new Set(hadoop.resourceManagers().map(rm => new URL(rm.webapp).hostname.replace(/^\[|\]$/g, '')));
  const proxy = parseHostPort(hadoop.getString('yarn.web-proxy.address', ''), 0);
  if (proxy) hosts.add(proxy.host);
  const found = new Set<string>();
  for (const host of hosts) {
    try {
      for (const { address } of await lookup(host, { all: true })) found.add(address);
    } catch (error) {
      logger.warn(`The overview page can't be reached through YARN's proxy on ${host}: ${messageOf(error)}`);
    }
  }
  return found;
}

async function removeStaging(yarn: YarnSettings, fileSystems: FileSystems, logger: Logger): Promise<void> {
  try {
    const fs = await fileSystems.forPath(yarn.stagingDirectory);
    await fs.delete(yarn.stagingDirectory, { recursive: true });
  } catch (error) {
    logger.warn(`The staging directory ${yarn.stagingDirectory} was left: ${messageOf(error)}`);
  }
}

const isLoopback = (host: string): boolean => host === 'localhost' || host.startsWith('127.') || host === '::1';
