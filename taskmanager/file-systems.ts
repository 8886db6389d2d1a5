import { Configuration, Options } from '../core/config/index.js';
import { FileSystems } from '../core/fs/index.js';

/**
 * The file systems of a TaskManager's thread: local disk, and HDFS as Hadoop's configuration on this host says. Hadoop
 * is not looked at, nor its client loaded, before a path asks for it.
 */
export function createFileSystems(
  properties: Record<string, string>,
  env: Readonly<Record<string, string | undefined>> = process.env,
): FileSystems {
  const configuration = Configuration.from(properties);
  const fileSystems = new FileSystems({ defaultScheme: configuration.get(Options.fsDefaultScheme) });
  for (const scheme of ['hdfs', 'webhdfs']) {
    fileSystems.register(scheme, async ({ authority }) => {
      const [{ hadoopUser, loadHadoopConfiguration }, { HdfsFileSystem }] = await Promise.all([
        import('../yarn-bridge/conf/index.js'),
        import('../yarn-bridge/hdfs/index.js'),
      ]);
      const confDir = configuration.get(Options.envHadoopConfDir);
      const yarnConfDir = configuration.get(Options.envYarnConfDir);
      const hadoop = loadHadoopConfiguration({
        env,
        overrides: configuration.withPrefix('flink.hadoop.'),
        ...(confDir !== undefined && { confDir }),
        ...(yarnConfDir !== undefined && { yarnConfDir }),
      });
      return HdfsFileSystem.fromConfiguration(hadoop, `${scheme}://${authority}/`, hadoopUser(env));
    });
  }
  return fileSystems;
}
