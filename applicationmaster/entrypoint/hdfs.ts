import type { Configuration } from '../../core/config/index.js';
import { Options } from '../../core/config/index.js';
import { type FileSystems, formatPath } from '../../core/fs/index.js';
import { hadoopUser, loadHadoopConfiguration } from '../../yarn-bridge/conf/index.js';
import { HdfsFileSystem } from '../../yarn-bridge/hdfs/index.js';

/** Makes hdfs: and webhdfs: paths work; Hadoop's configuration is looked for when the first such path comes. */
export function registerHdfs(fileSystems: FileSystems, configuration: Configuration): void {
  for (const scheme of ['hdfs', 'webhdfs']) {
    fileSystems.register(scheme, path => {
      const confDir = configuration.get(Options.envHadoopConfDir);
      const conf = loadHadoopConfiguration({
        env: process.env,
        overrides: configuration.withPrefix('flink.hadoop.'),
        ...(confDir !== undefined && { confDir }),
      });
      return HdfsFileSystem.fromConfiguration(conf, formatPath(path), hadoopUser(process.env));
    });
  }
}
