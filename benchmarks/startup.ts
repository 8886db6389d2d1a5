// How long until it works, and what it weighs: npx tsx benchmarks/startup.ts [--hadoop real] [--runs 5]
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../test/testing/eventually.js';
import { UnmanagedMaster } from '../test/testing/unmanaged-master.js';
import { applicationIdIn, JOBS, jobIdIn } from '../test/testing/yarn-user.js';
import { type BenchmarkCluster, settings, withCluster } from './cluster.js';
import { Measurement } from './measurement.js';
import { megabytes } from './memory.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const options = settings({ runs: 5 });
const figures = new Measurement('startup', options);

const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);

const json = async <T>(url: string): Promise<T> =>
  (await (await fetch(url, { signal: AbortSignal.timeout(5000) })).json()) as T;

/** Milliseconds since the epoch; /proc counts in hundredths of a second. */
function processStart(pid: number): number {
  const ticks = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[19]);
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  return Date.now() - (uptime * 1000 - ticks * 10);
}

interface LogLine {
  /** Milliseconds since the epoch. */
  at: number;
  text: string;
}

function masterLog(dir: string, applicationId: string): LogLine[] {
  const log = readdirSync(dir, { recursive: true, encoding: 'utf8' }).find(
    path => path.includes(applicationId) && path.endsWith('jobmanager.log'),
  );
  return readFileSync(join(dir, log!), 'utf8')
    .split('\n')
    .flatMap(text => {
      const time = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d),(\d{3}) /.exec(text);
      return time ? [{ at: Date.parse(`${time[1]}T${time[2]}.${time[3]}`), text }] : [];
    });
}

async function measureSession({ user, yarn, hadoop }: BenchmarkCluster, warm: boolean): Promise<void> {
  const began = Date.now();
  const started = await user.yarnSession(...['-n', '2', '-s', '2', '-jm', '1024', '-tm', '1024', '-d']);
  if (started.code !== 0) throw new Error(started.stderr);
  const id = applicationIdIn(started.stdout);
  const web = /JobManager Web Interface: (\S+)/.exec(started.stdout)![1]!;
  await eventually(async () => (await json<{ 'slots-total': number }>(`${web}/overview`))['slots-total'] === 4, {
    timeout: 60_000,
    interval: 5,
  });
  const whole = Date.now() - began;
  const [master] = yarn.processes('applicationmaster.js');
  const managers = yarn.processes('taskmanager.js');
  const { startedTime } = (await yarn.application(id)) as unknown as { startedTime: number };
  const last = Math.max(...managers.map(processStart));
  const asked = masterLog(hadoop.dir, id).find(l => l.text.includes('Asking YARN for'))!;
  const parts = {
    'command → application submitted': startedTime - began,
    'ApplicationMaster process → containers asked for': asked.at - processStart(master!),
    'last TaskManager process → its slots registered': began + whole - last,
  };
  const which = warm ? 'session start' : 'first session start';
  figures.add(`${which} → 4 slots registered`, whole, 'ms');
  figures.add(`${which}, ours`, sum(Object.values(parts)), 'ms');
  for (const [part, ms] of Object.entries(parts)) figures.add(`  ${which}: ${part}`, ms, 'ms');
  if (warm) await measureJobs(user, web, () => masterLog(hadoop.dir, id));
  for (const { rss, pss } of [megabytes(master!)]) {
    figures.add('ApplicationMaster idle, RSS', rss, 'MB');
    figures.add('ApplicationMaster idle, PSS', pss, 'MB');
  }
  for (const { rss, pss } of managers.map(megabytes)) {
    figures.add('TaskManager of 2 slots idle, RSS', rss, 'MB');
    figures.add('TaskManager of 2 slots idle, PSS', pss, 'MB');
  }
  const stopped = await user.start('yarn-session.sh', ['-id', id], { stdin: 'stop\n' }).ended;
  if (stopped.code !== 0) throw new Error(stopped.stderr);
}

async function measureJobs(user: BenchmarkCluster['user'], web: string, masterLogNow: () => LogLine[]): Promise<void> {
  for (let round = 0; round < 4; round++) {
    const run = await user.flink(...['run', '-d', '-p', '4', '-c', 'Endless', JOBS]);
    if (run.code !== 0) throw new Error(run.stderr);
    const job = jobIdIn(run.stdout);
    await eventually(
      async () => {
        const { vertices } = await json<{ vertices: Array<{ status: string }> }>(`${web}/jobs/${job}`);
        return vertices.every(v => v.status === 'RUNNING');
      },
      { interval: 5 },
    );
    if (round > 0) {
      const log = masterLogNow();
      const submitted = log.findIndex(l => l.text.includes(job));
      const running = log.slice(submitted).filter(l => l.text.endsWith('to RUNNING'));
      figures.add('submission received → all 8 tasks RUNNING', running.at(-1)!.at - log[submitted]!.at, 'ms');
      figures.add('flink run -d on warm slots, the whole command', run.ms, 'ms');
    }
    const cancelled = await user.flink('cancel', job);
    if (cancelled.code !== 0) throw new Error(cancelled.stderr);
    figures.add('flink cancel, the whole command', cancelled.ms, 'ms');
    await eventually(
      async () => (await json<{ 'slots-available': number }>(`${web}/overview`))['slots-available'] === 4,
    );
  }
}

async function measureCommandLine({ user }: BenchmarkCluster): Promise<void> {
  figures.add('flink --version', (await user.flink('--version')).ms, 'ms');
}

async function measurePerJob({ user }: BenchmarkCluster): Promise<void> {
  const input = join(user.cwd, 'words.txt');
  writeFileSync(input, 'to be or not to be\n'.repeat(1000));
  const run = await user.flink(
    ...['run', '-m', 'yarn-cluster', '-p', '1', '-yjm', '1024', '-ytm', '1024', '-c', 'WordCount', JOBS],
    ...['--input', input, '--output', `hdfs:///tmp/bench-${Date.now()}`],
  );
  if (run.code !== 0) throw new Error(run.stderr);
  figures.add('flink run -m yarn-cluster, end to end', run.ms, 'ms');
}

async function measureAllocate({ hadoop }: BenchmarkCluster): Promise<void> {
  const master = await UnmanagedMaster.start(hadoop, process.env['USER'] ?? 'root');
  await master.client.register({ host: '', rpc_port: 0, tracking_url: '' });
  for (let i = 0; i < 200; i++) await master.client.allocate([], []);
  const began = process.hrtime.bigint();
  const rounds = 2000;
  for (let i = 0; i < rounds; i++) await master.client.allocate([], []);
  figures.add('allocate, one after another', rounds / (Number(process.hrtime.bigint() - began) / 1e9), '1/s');
  await master.close();
}

await withCluster(options.hadoop, async cluster => {
  figures.add('runtime.tgz', statSync(join(root, 'dist/runtime.tgz')).size / 1e6, 'MB');
  await measureSession(cluster, false);
  for (let run = 0; run < options.runs; run++) {
    await measureSession(cluster, true);
    await measurePerJob(cluster);
    await measureCommandLine(cluster);
  }
  await measureAllocate(cluster);
});
figures.print();
figures.keep();
