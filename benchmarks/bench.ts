// The record path: npm run bench -- [--jobs b1,b2] [--runs 3] [--scale 0.1] … (README.md has all options)
import { type BenchOptions, benchOptions } from './bench-options.js';
import { type Contender, flink, millrace } from './contender.js';
import { FlinkUnderTest } from './flink-cluster.js';
import { runBenchmark, throwIfInterrupted } from './interruption.js';
import { runJob } from './job-run.js';
import { measureLimits } from './limits.js';
import { measure } from './measure.js';
import { medians, type Run, ratios } from './results-table.js';
import { StandaloneUnderTest } from './standalone.js';

/** A fresh process compiles while it runs: one short run of each job is not counted. */
const WARM_UP = 0.1;

/** All jobs at each parallelism, the contenders taking turns. */
async function measureAll(options: BenchOptions, tms: 1 | 2, contenders: readonly Contender[], runs: Run[]) {
  const { seed, scale } = options;
  // Two TaskManagers of one slot each are there for what goes between them.
  const parallelisms = tms === 1 ? options.parallelism : options.parallelism.filter(p => p === 2);
  for (const job of parallelisms.length > 0 ? options.jobs : []) {
    const records = Math.max(1, Math.round(job.records * scale));
    for (const { cluster, args } of contenders) {
      throwIfInterrupted();
      await runJob(cluster, args(job, Math.ceil(records * WARM_UP), 1, seed));
    }
    for (const parallelism of parallelisms) {
      for (let run = 0; run < options.runs; run++) {
        for (const contender of contenders) {
          throwIfInterrupted();
          runs.push(await measure(contender, { job, records, parallelism, tms, seed }));
        }
      }
    }
  }
}

async function main(): Promise<void> {
  const options = benchOptions(process.argv.slice(2));
  const limits = options.limits ? await measureLimits(options) : [];
  const runs: Run[] = [];
  const theirs = options.flink === undefined ? undefined : await FlinkUnderTest.start(options.flink);
  try {
    for (const tms of options.tms) {
      const ours = await StandaloneUnderTest.start(tms);
      try {
        const contenders = options.reuse.map(reuse => millrace(ours, reuse));
        if (theirs) contenders.push(flink(theirs, false), flink(theirs, true));
        await measureAll(options, tms, contenders, runs);
      } finally {
        await ours.stop();
      }
    }
  } finally {
    await theirs?.stop();
    for (const table of [limits, medians(runs), ratios(runs)]) {
      if (table.length > 0) console.log(`\n${table.join('\n')}`);
    }
  }
}

await runBenchmark(main);
