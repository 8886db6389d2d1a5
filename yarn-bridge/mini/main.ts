/** `node mini-hadoop.js …`: the command behind scripts/mini-hadoop.sh, and each daemon that it starts. */
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { messageOf } from '../../core/errors.js';
import { runDaemon } from './daemon.js';
import { DAEMON_VARIABLE } from './layout.js';
import { MiniHadoop } from './mini-hadoop.js';

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

const positive = (text: string): number => {
  const n = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(n) || n < 1)
    throw new InvalidArgumentError('a whole number from 1 is expected.');
  return n;
};

const property = (text: string, all: Record<string, string>): Record<string, string> => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('key=value is expected.');
  return { ...all, [text.slice(0, at)]: text.slice(at + 1) };
};

const shellWord = (text: string): string =>
  /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** Daemons outlive this command: an interrupted one has to end those that it has begun. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const [signal, code] of Object.entries(EXIT_CODES)) {
    process.once(signal, () => {
      process.exitCode = code;
      controller.abort();
    });
  }
  return controller.signal;
}

function printStatus(hadoop: MiniHadoop): void {
  for (const { name, pid, running } of hadoop.status())
    console.log(`${name.padEnd(16)} ${running ? `running, pid ${pid}` : 'not running'}`);
}

async function control(argv: string[]): Promise<void> {
  const program = new Command('mini-hadoop.sh').description(
    'The embedded Hadoop: HDFS and YARN with nothing but Node.',
  );
  const withDir = (command: Command): Command =>
    command.option('--dir <folder>', 'where everything of it lies', '.mini-hadoop');
  withDir(program.command('start'))
    .description('start it and return when it is ready')
    .option('--nodes <n>', 'NodeManagers', positive, 1)
    .option('--memory-mb <n>', 'memory of each node, and largest container', positive, 8192)
    .option('--vcores <n>', 'virtual cores of each node', positive, 8)
    .option('--conf <key=value>', 'a key of yarn-site.xml (repeatable)', property, {})
    .action(
      async (options: {
        dir: string;
        nodes: number;
        memoryMb: number;
        vcores: number;
        conf: Record<string, string>;
      }) => {
        const dir = resolve(options.dir);
        const hadoop = await MiniHadoop.start({ ...options, dir, signal: interruption() });
        printStatus(hadoop);
        console.log(`\nexport HADOOP_CONF_DIR=${shellWord(hadoop.env.HADOOP_CONF_DIR)}`);
      },
    );
  withDir(program.command('stop'))
    .description('end its daemons and containers')
    .action(async ({ dir }: { dir: string }) => MiniHadoop.at(resolve(dir)).stop());
  withDir(program.command('status'))
    .description('list its daemons; exit code 1 if one does not run')
    .action(({ dir }: { dir: string }) => {
      const hadoop = MiniHadoop.at(resolve(dir));
      const daemons = hadoop.status();
      printStatus(hadoop);
      if (daemons.length === 0) console.log(`no embedded Hadoop in ${resolve(dir)}`);
      if (daemons.length === 0 || daemons.some(d => !d.running)) process.exitCode = 1;
    });
  withDir(program.command('kill').argument('<daemon>'))
    .description('end one daemon with SIGKILL: namenode, resourcemanager, nodemanager1 …')
    .action(async (name: string, { dir }: { dir: string }) => MiniHadoop.at(resolve(dir)).kill(name));
  withDir(program.command('start-daemon').argument('<daemon>'))
    .description('start a daemon that does not run, on its old ports')
    .action(async (name: string, { dir }: { dir: string }) => MiniHadoop.at(resolve(dir)).start(name));
  await program.parseAsync(argv);
}

const daemonFile = process.env[DAEMON_VARIABLE];
const run = daemonFile === undefined ? control(process.argv) : runDaemon(daemonFile);
run.catch(error => {
  if (Object.values(EXIT_CODES).includes(Number(process.exitCode))) process.exit();
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
});
