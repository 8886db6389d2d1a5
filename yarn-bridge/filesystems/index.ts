import { type Configuration, Options } from '../../core/config/index.js';
import { FileSystems, formatPath } from '../../core/fs/index.js';
import type { HadoopConfiguration } from '../conf/index.js';

export interface FileSystemsOfHadoopOptions {
  env?: Readonly<Record<string, string | undefined>>;
  /** What relative paths start from. Default: the process's. */
  workingDirectory?: string;
  /** Already loaded, in place of looking for it in `env`. */
  hadoop?: HadoopConfiguration;
}

/**
 * The file systems of a process: local disk, and HDFS as Hadoop's configuration says. Hadoop is not looked for, nor its
 * client loaded, before a path asks for it. The caller closes them.
 */
export function createFileSystems(
  configuration: Configuration,
  { env = process.env, workingDirectory, hadoop }: FileSystemsOfHadoopOptions = {},
): FileSystems {
  const fileSystems = new FileSystems({
    defaultScheme: configuration.get(Options.fsDefaultScheme),
    ...(workingDirectory !== undefined && { workingDirectory }),
  });
  for (const scheme of ['hdfs', 'webhdfs']) {
    fileSystems.register(scheme, async path => {
      const [{ locateHadoop }, { HdfsFileSystem }] = await Promise.all([
        import('../conf/index.js'),
        import('../hdfs/index.js'),
      ]);
      const conf = hadoop ?? locateHadoop(configuration, env);
      return HdfsFileSystem.fromConfiguration(conf, formatPath(path), conf.user);
    });
  }
  return fileSystems;
}
