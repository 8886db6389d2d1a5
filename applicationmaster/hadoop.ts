import { type Configuration, Options } from '../core/config/index.js';
import { type HadoopConfiguration, loadHadoopConfiguration } from '../yarn-bridge/conf/index.js';

/** Hadoop's configuration, found as every Hadoop program finds it; `flink.hadoop.*` keys are stronger. */
export function loadHadoop(
  configuration: Configuration,
  env: Readonly<Record<string, string | undefined>>,
): HadoopConfiguration {
  const confDir = configuration.get(Options.envHadoopConfDir);
  const yarnConfDir = configuration.get(Options.envYarnConfDir);
  return loadHadoopConfiguration({
    env,
    overrides: configuration.withPrefix('flink.hadoop.'),
    ...(confDir !== undefined && { confDir }),
    ...(yarnConfDir !== undefined && { yarnConfDir }),
  });
}
