import type { Configuration } from '../../core/config/index.js';
import { type FileSystems, formatPath } from '../../core/fs/index.js';

/** Makes hdfs: and webhdfs: paths work; Hadoop's configuration is looked for when the first such path comes. */
export function registerHdfs(
  fileSystems: FileSystems,
  configuration: Configuration,
  env: Readonly<Record<string, string | undefined>>,
): void {
  for (const scheme of ['hdfs', 'webhdfs']) {
    fileSystems.register(scheme, async path => {
      const [{ hadoopUser }, { HdfsFileSystem }, { findHadoop }] = await Promise.all([
        import('../../yarn-bridge/conf/index.js'),
        import('../../yarn-bridge/hdfs/index.js'),
        import('../deploy/hadoop-access.js'),
      ]);
      return HdfsFileSystem.fromConfiguration(findHadoop(configuration, env), formatPath(path), hadoopUser(env));
    });
  }
}
