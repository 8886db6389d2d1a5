import { fileURLToPath } from 'node:url';
import { type Configuration, loadConfiguration } from '../../core/config/index.js';
import type { CliIo } from './io.js';

/** FLINK_CONF_DIR, else the `conf` folder of the installation: the same place from the sources and from dist/. */
export function configurationDirectory(env: CliIo['env']): string {
  const named = env['FLINK_CONF_DIR'];
  return named !== undefined && named !== '' ? named : fileURLToPath(new URL('../../conf', import.meta.url));
}

/** flink-conf.yaml with the `-D` of this command over it. What is odd in it is said once, on standard error. */
export function loadClientConfiguration(
  io: Pick<CliIo, 'env' | 'err'>,
  dynamicProperties: Readonly<Record<string, string>>,
): Promise<Configuration> {
  return loadConfiguration({
    confDir: configurationDirectory(io.env),
    dynamicProperties: { ...dynamicProperties },
    warn: message => io.err(`WARNING: ${message}`),
  });
}
