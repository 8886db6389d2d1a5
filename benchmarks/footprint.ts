// What a standalone cluster takes, beside Flink's: npm run bench:footprint -- [--runs 3] [--scale 0.2] [--flink DIR]
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BENCHMARKS } from './catalogue.js';
import { loadedFiles, timedCommand } from './command-line.js';
import { FlinkUnderTest } from './flink-cluster.js';
import { runBenchmark, throwIfInterrupted } from './interruption.js';
import { type ClusterUnderTest, runJob } from './job-run.js';
import { Measurement, quantile } from './measurement.js';
import { megabytes, peakMemory } from './memory.js';
import { aligned } from './results-table.js';
import { StandaloneUnderTest } from './standalone.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    scale: { type: 'string', default: '0.2' },
    flink: { type: 'string' },
  },
});
const [runs, scale] = [Number(values.runs), Number(values.scale)];
if (!(runs >= 1 && scale > 0)) throw new Error('--runs: a whole number from 1 on; --scale: a factor above 0.');
const figures = new Measurement('footprint', { runs, scale, ...(values.flink && { flink: true }) });
const wordCount = BENCHMARKS.find(b => b.id === 'b2')!;
const tiny = fileURLToPath(new URL('jobs/tiny.ts', import.meta.url));

interface Cluster extends ClusterUnderTest {
  jobManager: number;
  startMs: number;
  stop(): Promise<void>;
}

interface Engine {
  name: 'Millrace' | 'Flink';
  start(): Promise<Cluster>;
  /** Arguments of `flink run` from the program on. */
  program(job: 'tiny' | 'b2', cluster: Cluster): string[];
}

const engines: Engine[] = [
  {
    name: 'Millrace',
    start: () => StandaloneUnderTest.start(1),
    program: job => (job === 'tiny' ? ['-c', 'Tiny', tiny] : ['-c', wordCount.entry, wordCount.program]),
  },
];
if (values.flink !== undefined) {
  const home = values.flink;
  engines.push({
    name: 'Flink',
    start: () => FlinkUnderTest.start(home),
    program: (job, cluster) => ['-c', 'benchmarks.Benchmarks', (cluster as FlinkUnderTest).jar, '--job', job],
  });
}

/** Of one figure, by engine. */
const medians = new Map<string, { unit: string; values: Map<string, number[]> }>();

function add(engine: Engine, figure: string, value: number, unit: string): void {
  figures.add(`${engine.name}: ${figure}`, value, unit);
  const row = medians.get(figure) ?? { unit, values: new Map<string, number[]>() };
  row.values.set(engine.name, [...(row.values.get(engine.name) ?? []), value]);
  medians.set(figure, row);
}

async function measureCluster(engine: Engine, last: boolean): Promise<void> {
  throwIfInterrupted();
  const cluster = await engine.start();
  try {
    add(engine, 'start → 2 slots registered', cluster.startMs, 'ms');
    const processes = [cluster.jobManager, ...cluster.taskManagers];
    const [jobManager, taskManager] = processes.map(pid => megabytes(pid));
    add(engine, 'JobManager idle, RSS', jobManager!.rss, 'MB');
    add(engine, 'TaskManager of 2 slots idle, RSS', taskManager!.rss, 'MB');
    add(engine, 'both idle, RSS', jobManager!.rss + taskManager!.rss, 'MB');
    const arguments_ = ['--records', '1'];
    for (let i = 0; i < 4; i++) {
      throwIfInterrupted();
      const command = ['run', '-p', '1', ...engine.program('tiny', cluster), ...arguments_];
      const which = i === 0 ? 'first tiny job' : 'tiny job';
      add(engine, `${which}, the whole flink run`, await timedCommand(cluster, command), 'ms');
      const { netRuntimeMs } = await runJob(cluster, command.slice(1));
      if (i > 0) add(engine, 'tiny job, net runtime', netRuntimeMs, 'ms');
    }
    for (const verb of ['--version', 'list']) add(engine, `flink ${verb}`, await timedCommand(cluster, [verb]), 'ms');
    throwIfInterrupted();
    const records = String(Math.round(wordCount.records * scale));
    const [loadedJobManager, loadedTaskManager] = await peakMemory(processes, () =>
      timedCommand(cluster, ['run', '-p', '2', ...engine.program('b2', cluster), '--records', records]),
    );
    add(engine, 'JobManager during b2, highest RSS', loadedJobManager!, 'MB');
    add(engine, 'TaskManager during b2, highest RSS', loadedTaskManager!, 'MB');
    if (last && engine.name === 'Millrace') await measureLoaded(engine, cluster);
  } finally {
    await cluster.stop();
  }
}

/** By verb: which of our files a command reads. */
async function measureLoaded(engine: Engine, cluster: Cluster): Promise<void> {
  const run = ['run', '-p', '1', ...engine.program('tiny', cluster), '--records', '1'];
  const info = ['info', ...run.slice(3)];
  for (const args of [['--version'], ['--help'], ['list'], info, run]) {
    const verb = `flink ${args[0]}`;
    if (args === info) figures.add('Millrace: flink info', await timedCommand(cluster, args), 'ms');
    const { files, kilobytes } = await loadedFiles(cluster, args);
    figures.add(`${verb}: files of ours loaded`, files, '');
    figures.add(`${verb}: their size`, kilobytes, 'kB');
  }
}

function comparison(): string[] {
  const rows = [...medians].map(([figure, { unit, values: byEngine }]) => {
    const [ours, theirs] = ['Millrace', 'Flink'].map(name => quantile(byEngine.get(name) ?? [], 0.5));
    const ratio = Number.isNaN(theirs) ? '' : (ours! / theirs!).toFixed(2);
    return [figure, unit, ours!.toFixed(0), Number.isNaN(theirs) ? '' : theirs!.toFixed(0), ratio];
  });
  return aligned([['', '', 'Millrace', 'Flink', 'ours ÷ Flink'], ...rows], 2);
}

const shipped = fileURLToPath(new URL('../dist/runtime.tgz', import.meta.url));
figures.add('runtime.tgz, shipped once per version', statSync(shipped).size / 1e6, 'MB');
figures.add('Node, shipped once per version', statSync(process.execPath).size / 1e6, 'MB');
await runBenchmark(async () => {
  try {
    for (let run = 0; run < runs; run++) for (const engine of engines) await measureCluster(engine, run === runs - 1);
  } finally {
    figures.print();
    console.log(`\n${comparison().join('\n')}`);
  }
  figures.keep();
});
