import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hadoopJars } from '../hadoop/jars.js';
import { RunningCommand } from '../testing/command.js';

export interface ToolResult {
  code: number;
  stdout: string;
  stderr: string;
}

const SOURCE = join(dirname(fileURLToPath(import.meta.url)), 'Tools.java');
const JVM = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.net.preferIPv4Stack=true'];
/** It compiles its program first. */
const START_TIMEOUT_MS = 120_000;
const COMMAND_TIMEOUT_MS = 60_000;
const LOG4J = [
  'log4j.rootLogger=ERROR,err',
  'log4j.appender.err=org.apache.log4j.ConsoleAppender',
  'log4j.appender.err.target=System.err',
  'log4j.appender.err.layout=org.apache.log4j.SimpleLayout',
];

/** Hadoop's own command line tools, in one JVM, against whatever a folder of site files says. */
export class JavaTools {
  private lines = 1;

  private constructor(private readonly jvm: RunningCommand) {}

  /** `dir`: of its own. */
  static async start({ confDir, dir }: { confDir: string; dir: string }): Promise<JavaTools> {
    const lib = await hadoopJars();
    const logging = join(dir, 'log4j');
    mkdirSync(logging);
    writeFileSync(join(logging, 'log4j.properties'), `${LOG4J.join('\n')}\n`);
    const args = [
      ...JVM,
      '-Dfile.encoding=UTF-8',
      `-Djava.io.tmpdir=${dir}`,
      '-cp',
      `${logging}:${confDir}:${lib}/*`,
      SOURCE,
    ];
    const jvm = new RunningCommand('java', args, { env: { HADOOP_CONF_DIR: confDir }, timeoutMs: 600_000 });
    await jvm.shows(/^ready\n/, START_TIMEOUT_MS);
    return new JavaTools(jvm);
  }

  /** The tool and its words: `fs`, `application`, `node` … One after the other. */
  async run(...words: string[]): Promise<ToolResult> {
    this.jvm.type(`${words.map(w => Buffer.from(w).toString('base64')).join(' ')}\n`);
    const answer = new RegExp(`^(?:.*\\n){${this.lines++}}(-?\\d+):([^:\\n]*):([^:\\n]*)\\n`);
    const [, code, stdout, stderr] = await this.jvm.shows(answer, COMMAND_TIMEOUT_MS);
    const text = (base64: string): string => Buffer.from(base64, 'base64').toString();
    return { code: Number(code), stdout: text(stdout!), stderr: text(stderr!) };
  }

  /** Resolves when the JVM has ended. */
  async close(): Promise<void> {
    this.jvm.signal('SIGTERM');
    await this.jvm.ended;
  }
}
