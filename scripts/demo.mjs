#!/usr/bin/env node
// The main job from nothing: embedded Hadoop, a YARN session of two TaskManagers, word count over a real text, its
// result shown, everything stopped.   npm run demo [-- --input FILE]
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const started = Date.now();
const say = text => console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(5)} s  ${text}`);

// Said to all of them: who runs this may have no name.
const user = process.env.HADOOP_USER_NAME?.trim() || 'demo';

let dir;
let interruptible;
let interrupted = false;

/**
 * Runs a script of ours in a process group of its own: Ctrl-C reaches this process alone, which then ends the script. The
 * embedded Hadoop is not cut short, since its daemons outlive the command.
 */
function run(file, args, { env = {}, stdin = '', uncut = false } = {}) {
  return new Promise((done, fail) => {
    const child = spawn(join(root, 'scripts', file), args, {
      cwd: dir,
      env: { ...process.env, HADOOP_USER_NAME: user, FLINK_CONF_DIR: join(dir, 'conf'), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    interruptible = uncut ? undefined : child;
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', d => (stdout += d));
    child.stderr.on('data', d => (stderr += d));
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
    child.once('error', fail);
    child.once('close', code => {
      interruptible = undefined;
      if (code === 0) done(stdout);
      else fail(new Error(`${file} ${args.join(' ')} ended with exit code ${code}\n${stdout}${stderr}`));
    });
  });
}

/** Between two steps: what comes next is not begun any more. */
function goOn() {
  if (interrupted) throw new Error('interrupted');
}

/** The documentation of the installed packages: thousands of lines of real text that are already there. */
function installedDocumentation() {
  const texts = [];
  const visit = (folder, depth) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && depth < 3) visit(path, depth + 1);
      else if (entry.isFile() && /^readme\.md$/i.test(entry.name)) texts.push(readFileSync(path, 'utf8'));
    }
  };
  visit(join(root, 'node_modules'), 0);
  return Buffer.from(texts.join('\n'));
}

function textToCount() {
  let input;
  try {
    input = parseArgs({ options: { input: { type: 'string' } } }).values.input;
  } catch (error) {
    throw new Error(`${error.message}\nnpm run demo [-- --input FILE]`);
  }
  if (input === undefined) return installedDocumentation();
  const file = resolve(process.env.INIT_CWD ?? '.', input);
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`--input ${input}: ${file} can't be read (${error.code})`);
  }
}

/** WebHDFS as anybody would call it. */
class WebHdfs {
  constructor(confDir) {
    const site = readFileSync(join(confDir, 'hdfs-site.xml'), 'utf8');
    const address = /dfs\.namenode\.http-address<\/name>\s*<value>([^<]+)/.exec(site)?.[1];
    this.base = `http://${address}/webhdfs/v1`;
  }
  async call(method, path, op, query = '') {
    goOn();
    const response = await fetch(`${this.base}${path}?op=${op}&user.name=${user}${query}`, { method });
    if (!response.ok) throw new Error(`WebHDFS ${op} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }
  async put(path, bytes) {
    const { Location } = await (await this.call('PUT', path, 'CREATE', '&overwrite=true&noredirect=true')).json();
    const response = await fetch(Location, { method: 'PUT', body: bytes });
    if (!response.ok) throw new Error(`WebHDFS CREATE ${path}: ${response.status} ${await response.text()}`);
  }
  async list(path) {
    const { FileStatuses } = await (await this.call('GET', path, 'LISTSTATUS')).json();
    return FileStatuses.FileStatus.map(f => `${path}${f.pathSuffix && `/${f.pathSuffix}`}`);
  }
  async read(path) {
    return (await this.call('GET', path, 'OPEN')).text();
  }
}

async function demo(text, hadoopDir) {
  mkdirSync(join(dir, 'conf'));
  writeFileSync(join(dir, 'conf/flink-conf.yaml'), `yarn.properties-file.location: ${dir}\n`);

  await run('mini-hadoop.sh', ['start', '--dir', hadoopDir, '--nodes', '2', '--memory-mb', '4096'], { uncut: true });
  say('embedded Hadoop is up: HDFS, ResourceManager, two NodeManagers');
  const env = { HADOOP_CONF_DIR: join(hadoopDir, 'conf') };
  const hdfs = new WebHdfs(env.HADOOP_CONF_DIR);
  await hdfs.put('/demo/text.txt', text);
  const lines = text.toString('latin1').replace(/\n$/, '').split('\n').length;
  say(`a text of ${lines.toLocaleString('en')} lines lies in hdfs:///demo/text.txt`);

  goOn();
  const session = await run(
    'yarn-session.sh',
    ['-n', '2', '-s', '2', '-jm', '1024', '-tm', '1024', '-nm', 'demo', '-d'],
    { env },
  );
  const application = /application_\d+_\d+/.exec(session)?.[0];
  say(`session ${application} is up: ${/http:\S+/.exec(session)?.[0]}`);

  const program = join(root, 'examples/wordcount.ts');
  const paths = ['--input', 'hdfs:///demo/text.txt', '--output', 'hdfs:///demo/counts'];
  goOn();
  const job = await run('flink', ['run', '-p', '4', '-c', 'StreamWordCount', program, ...paths], { env });
  say(`word count at parallelism 4: ${/Job Runtime: .*/.exec(job)?.[0]}`);

  // The job emits each new count of a word: the greatest one is the last.
  const counts = new Map();
  for (const path of await hdfs.list('/demo/counts')) {
    for (const line of (await hdfs.read(path)).split('\n')) {
      const match = /^\((.*),(\d+)\)$/.exec(line);
      if (match) counts.set(match[1], Math.max(counts.get(match[1]) ?? 0, Number(match[2])));
    }
  }
  const top = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 10);
  say(`${counts.size.toLocaleString('en')} different words in hdfs:///demo/counts; the ten most frequent:`);
  for (const [word, count] of top) console.log(`${String(count).padStart(14)}  ${word}`);

  goOn();
  await run('yarn-session.sh', ['-id', application], { env, stdin: 'stop\n' });
  say('session stopped');
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (interrupted) return;
    interrupted = true;
    console.log('\nstopping …');
    interruptible?.kill('SIGINT');
  });
}

try {
  const text = textToCount();
  dir = mkdtempSync(join(tmpdir(), 'millrace-demo-'));
  const hadoopDir = join(dir, 'hadoop');
  try {
    await demo(text, hadoopDir);
    goOn();
  } finally {
    await run('mini-hadoop.sh', ['stop', '--dir', hadoopDir], { uncut: true });
    rmSync(dir, { recursive: true, force: true });
    say('embedded Hadoop stopped, nothing is left');
  }
} catch (error) {
  process.exitCode = interrupted ? 130 : 1;
  if (!interrupted) console.error(error.message);
}
