import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HadoopUnderTest } from './hadoop.js';
import { HdfsView } from './hdfs-view.js';
import type { YarnUser } from './yarn-user.js';
import { YarnView } from './yarn-view.js';

/** Everything that a user's commands could leave behind, as text that two moments can be compared by. */
export class Footprint {
  private readonly yarn: YarnView;
  private readonly hdfs: HdfsView;

  constructor(
    hadoop: HadoopUnderTest,
    private readonly user: YarnUser,
  ) {
    this.yarn = new YarnView(hadoop);
    this.hdfs = new HdfsView(hadoop);
  }

  /** Applications that have not ended, containers, their processes, HDFS but for the cache's files, local files. */
  async take(): Promise<string[]> {
    const applications = await this.yarn.applications();
    const alive = applications.filter(a => !['FINISHED', 'FAILED', 'KILLED'].includes(a.state));
    const roles = ['applicationmaster.js', 'taskmanager.js'];
    const home = await this.hdfs.home();
    return [
      ...alive.map(a => `${a.id} is ${a.state}`),
      `${await this.yarn.containers()} containers`,
      ...roles.flatMap(role => this.yarn.processes(role).map(pid => `process ${pid} runs ${role}`)),
      ...(await this.hdfs.tree(home)).filter(path => !/\/\.flink(\/cache(\/[0-9a-f]{64}(\/[\w.-]+)?)?)?$/.test(path)),
      ...[this.user.cwd, this.user.tmpDir].flatMap(dir => readdirSync(dir).map(name => join(dir, name))),
      ...(existsSync(this.user.propertiesFile) ? [this.user.propertiesFile] : []),
    ].sort();
  }

  close(): Promise<void> {
    return this.hdfs.close();
  }
}
