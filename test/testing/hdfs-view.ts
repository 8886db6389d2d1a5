import { loadHadoopConfiguration } from '../../yarn-bridge/conf/index.js';
import { HdfsFileSystem } from '../../yarn-bridge/hdfs/index.js';
import type { HadoopUnderTest } from './hadoop.js';

/** HDFS of a Hadoop under test, for putting input there and reading results back. */
export class HdfsView {
  private readonly fs: Promise<HdfsFileSystem>;

  constructor(hadoop: HadoopUnderTest) {
    this.fs = (async () => {
      const env = { ...process.env, HADOOP_CONF_DIR: hadoop.confDir, YARN_CONF_DIR: undefined };
      const conf = loadHadoopConfiguration({ env });
      return HdfsFileSystem.fromConfiguration(conf, 'hdfs:///', conf.user);
    })();
  }

  async write(path: string, data: string | Uint8Array): Promise<void> {
    await (await this.fs).writeFile(path, data, { overwrite: true });
  }

  /** A file, or the files of a folder one after another. */
  async readAll(path: string): Promise<string> {
    const fs = await this.fs;
    let text = '';
    for (const file of await fs.list(path)) text += (await fs.readFile(file.path)).toString('utf8');
    return text;
  }

  async names(path: string): Promise<string[]> {
    return (await (await this.fs).list(path)).map(f => f.name);
  }

  /** Every path below a folder, as paths; none if it is not there. */
  async tree(path: string): Promise<string[]> {
    const fs = await this.fs;
    if (!(await fs.exists(path))) return [];
    const found: string[] = [];
    for (const entry of await fs.list(path)) {
      found.push(entry.path);
      if (entry.type === 'directory') found.push(...(await this.tree(entry.path)));
    }
    return found;
  }

  async home(): Promise<string> {
    return (await this.fs).homeDirectory();
  }

  async close(): Promise<void> {
    await (await this.fs).close();
  }
}
