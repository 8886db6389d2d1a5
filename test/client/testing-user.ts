import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type CliIo, flink, yarnSession } from '../../client/index.js';
import { MillraceError } from '../../core/errors.js';
import { formatSiteXml } from '../../yarn-bridge/conf/index.js';
import { tempDir } from '../testing/temp-dir.js';
import { TestingHdfs } from '../yarn-bridge/hdfs/testing-hdfs.js';
import { json } from '../yarn-bridge/http/testing-server.js';
import { TestingYarn } from './testing-yarn.js';

export interface CommandEnd {
  code: number;
  out: string;
  err: string;
}

/** A command that runs in this process. */
export interface TestingCommand {
  readonly io: { out: string; err: string };
  interrupt(): void;
  type(text: string): void;
  readonly ended: Promise<CommandEnd>;
}

/** Somebody who calls the commands with an environment of their own, without a process for each. */
export class TestingUser {
  readonly dir = tempDir();
  readonly env: Record<string, string | undefined>;
  /** Milliseconds that `run -d` waits for RUNNING, where not as users have it. */
  detachedWait: number | undefined;

  constructor() {
    mkdirSync(join(this.dir, 'conf'));
    this.env = { FLINK_CONF_DIR: join(this.dir, 'conf'), TMPDIR: this.dir };
    this.configure({});
  }

  /** Writes flink-conf.yaml. */
  configure(settings: Record<string, string | number>): void {
    const lines = Object.entries(settings).map(([key, value]) => `${key}: ${value}\n`);
    writeFileSync(join(this.dir, 'conf/flink-conf.yaml'), lines.join(''));
  }

  file(name: string, content: string): string {
    const path = join(this.dir, name);
    writeFileSync(path, content);
    return path;
  }

  flink(...args: string[]): Promise<CommandEnd> {
    return this.start(io => flink(io, args)).ended;
  }

  startFlink(...args: string[]): TestingCommand {
    return this.start(io => flink(io, args));
  }

  yarnSession(...args: string[]): Promise<CommandEnd> {
    return this.startSession(...args).ended;
  }

  startSession(...args: string[]): TestingCommand {
    return this.start(io => yarnSession(io, args));
  }

  private start(command: (io: CliIo) => Promise<number>): TestingCommand {
    const shown = { out: '', err: '' };
    const stdin = new PassThrough();
    const interrupt = new AbortController();
    const io: CliIo = {
      out: line => void (shown.out += `${line}\n`),
      err: line => void (shown.err += `${line}\n`),
      stdin,
      env: this.env,
      cwd: this.dir,
      interrupted: interrupt.signal,
      ...(this.detachedWait !== undefined && { detachedWait: this.detachedWait }),
    };
    return {
      io: shown,
      interrupt: () => interrupt.abort(new MillraceError('CANCELED', 'Interrupted by SIGINT.')),
      type: text => void stdin.write(text),
      ended: command(io).then(code => ({ code, ...shown })),
    };
  }
}

/** A Hadoop of fakes in this process, to which a user's HADOOP_CONF_DIR points. */
export class TestingHadoop {
  private constructor(
    readonly yarn: TestingYarn,
    readonly hdfs: TestingHdfs,
  ) {}

  static async start(user: TestingUser, yarnSite: Record<string, string> = {}): Promise<TestingHadoop> {
    const [yarn, hdfs] = await Promise.all([TestingYarn.start(), TestingHdfs.start()]);
    hdfs.namespace.mkdirs('/user/me', '700');
    hdfs.fault = ({ op, response }) => {
      if (op !== 'GETHOMEDIRECTORY') return false;
      json(response, 200, { Path: '/user/me' });
      return true;
    };
    const conf = join(user.dir, 'hadoop');
    mkdirSync(conf);
    const site = (name: string, properties: Record<string, string>): void =>
      writeFileSync(join(conf, name), formatSiteXml(properties));
    const nameNode = new URL(hdfs.url).host;
    site('core-site.xml', { 'fs.defaultFS': `webhdfs://${nameNode}` });
    site('yarn-site.xml', { 'yarn.resourcemanager.webapp.address': yarn.address, ...yarnSite });
    user.env['HADOOP_CONF_DIR'] = conf;
    user.env['HADOOP_USER_NAME'] = 'me';
    return new TestingHadoop(yarn, hdfs);
  }

  /** Names in a folder of HDFS; none if it is not there. */
  names(path: string): string[] {
    try {
      return this.hdfs.namespace.list(path).map(entry => String((entry as { pathSuffix: string }).pathSuffix));
    } catch {
      return [];
    }
  }

  read(path: string): string {
    return String(this.hdfs.namespace.read(path, 0, Number.POSITIVE_INFINITY));
  }

  async close(): Promise<void> {
    await this.yarn.close();
    await this.hdfs.close();
  }
}
