import { readFileSync, statSync } from 'node:fs';
import { MillraceError, messageOf } from '../../core/errors.js';
import {
  CLUSTER_SECRET_ALIAS,
  type HostPort,
  TASKMANAGER_SETTINGS_ALIAS,
  TASKMANAGER_SETTINGS_VARIABLE,
  type TaskManagerSettings,
} from '../../core/protocol/index.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Launch {
  settings: TaskManagerSettings;
  secret: string;
}

/**
 * What this process was started with. On YARN both lie in the container's token file; elsewhere the settings are a JSON
 * file (MILLRACE_TASKMANAGER_CONFIG, else `taskmanager.json` here) that names a 0600 file with the secret.
 */
export async function readLaunch(env: Environment): Promise<Launch> {
  const secrets = await tokenFileSecrets(env['HADOOP_TOKEN_FILE_LOCATION']);
  const file = env[TASKMANAGER_SETTINGS_VARIABLE];
  const shipped = file === undefined ? secrets?.(TASKMANAGER_SETTINGS_ALIAS) : undefined;
  const settings =
    shipped !== undefined
      ? parseSettings(shipped, `the token file (${TASKMANAGER_SETTINGS_ALIAS})`)
      : parseSettings(read(file ?? 'taskmanager.json'), file ?? 'taskmanager.json');
  const secret =
    settings.secretFile !== undefined ? readSecretFile(settings.secretFile) : secrets?.(CLUSTER_SECRET_ALIAS);
  if (!secret) {
    throw wrong(
      'There is no cluster secret: neither secretFile in the settings, nor one in HADOOP_TOKEN_FILE_LOCATION.',
    );
  }
  return { settings, secret };
}

/** Throws ILLEGAL_CONFIGURATION naming the field. */
export function parseSettings(text: string, where: string): TaskManagerSettings {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(`The settings in ${where} are no JSON: ${messageOf(error)}`);
  }
  const fields = object(value, where, 'the whole');
  const rpc = object(fields['rpc'], where, 'rpc');
  const settings: TaskManagerSettings = {
    rpc: { host: text_(rpc['host'], where, 'rpc.host'), port: port(rpc['port'], where) },
    properties: Object.fromEntries(
      Object.entries(object(fields['properties'] ?? {}, where, 'properties')).map(([key, v]) => [
        key,
        v === '' ? '' : text_(v, where, `properties.${key}`),
      ]),
    ),
  };
  for (const key of ['taskManagerId', 'host', 'secretFile', 'logDir'] as const) {
    const given = fields[key];
    if (given !== undefined && given !== null) settings[key] = text_(given, where, key);
  }
  return settings;
}

function object(value: unknown, where: string, field: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw wrong(`In the settings in ${where}, ${field} is no object.`);
}

function text_(value: unknown, where: string, field: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(`In the settings in ${where}, ${field} is no text.`);
}

function port(value: unknown, where: string): HostPort['port'] {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536) return value;
  throw wrong(`In the settings in ${where}, rpc.port is no port.`);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw wrong(`The settings can't be read from ${file}: ${messageOf(cause)}`, cause);
  }
}

function readSecretFile(file: string): string {
  const secret = read(file).trim();
  if ((statSync(file).mode & 0o077) !== 0) {
    throw wrong(`${file} holds the cluster's secret, but others may read it: chmod 600 ${file}`);
  }
  return secret;
}

async function tokenFileSecrets(
  file: string | undefined,
): Promise<((alias: string) => string | undefined) | undefined> {
  if (file === undefined || file === '') return undefined;
  const { Credentials } = await import('../../yarn-bridge/rpc/index.js');
  const credentials = Credentials.read(readFileSync(file));
  return alias => credentials.secretText(alias);
}

function wrong(message: string, cause?: unknown): MillraceError {
  return new MillraceError('ILLEGAL_CONFIGURATION', message, cause === undefined ? {} : { cause });
}
