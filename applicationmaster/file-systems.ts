import { type Configuration, Options } from '../core/config/index.js';
import { FileSystems } from '../core/fs/index.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The file systems of this process: local disk, and HDFS as Hadoop's configuration says. Hadoop is not looked at, nor its
 * client loaded, before a path asks for it. The caller closes them.
 */
export function createFileSystems(configuration: Configuration, env: Environment = process.env): FileSystems {
  const fileSystems = new FileSystems({ defaultScheme: configuration.get(Options.fsDefaultScheme) ?? 'file' });
  for (const scheme of ['hdfs', 'webhdfs']) {
    fileSystems.register(scheme, async ({ authority }) => {
      const [{ loadHadoop }, { HdfsFileSystem }] = await Promise.all([
        import('./hadoop.js'),
        import('../yarn-bridge/hdfs/index.js'),
      ]);
      const hadoop = loadHadoop(configuration, env);
      return HdfsFileSystem.fromConfiguration(hadoop, `${scheme}://${authority}/`, hadoop.user);
    });
  }
  return fileSystems;
}
