import { type Configuration, Options } from '../../core/config/index.js';
import type { Environment, HadoopConfiguration } from './hadoop-configuration.js';
import { loadHadoopConfiguration } from './load.js';

/**
 * Hadoop's configuration, found as every Hadoop program finds it; env.hadoop.conf.dir and flink.hadoop.* keys are
 * stronger. Errors say how to set HADOOP_CONF_DIR where nothing says where Hadoop is.
 */
export function locateHadoop(configuration: Configuration, env: Environment): HadoopConfiguration {
  const confDir = configuration.get(Options.envHadoopConfDir);
  const yarnConfDir = configuration.get(Options.envYarnConfDir);
  return loadHadoopConfiguration({
    env,
    overrides: configuration.withPrefix('flink.hadoop.'),
    ...(confDir !== undefined && { confDir }),
    ...(yarnConfDir !== undefined && { yarnConfDir }),
  });
}
