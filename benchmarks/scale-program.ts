import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runMain } from '../bundle/index.js';
import { generateOptions, jobGraphOf, loadCommandLineProgram } from '../client/cli/program.js';
import { Configuration } from '../core/config/index.js';
import type { JobGraph } from '../core/graph/index.js';
import { randomId } from '../core/ids.js';

/** A program as `flink run` would submit it, any number of times. */
export interface ScaleProgram {
  bundle: Uint8Array;
  /** The job, with an id of its own each time. */
  next(): JobGraph;
}

export interface StagesShape {
  /** Subtasks of each stage. */
  parallelism: number;
  stages: number;
  exchange: 'forward' | 'rebalance';
  endless: boolean;
}

/** Packs jobs/stages.ts and runs its `main` once. */
export async function stagesProgram({ parallelism, stages, exchange, endless }: StagesShape): Promise<ScaleProgram> {
  const args = ['--stages', String(stages), '--exchange', exchange, '--endless', String(endless)];
  const io = { cwd: process.cwd() } as Parameters<typeof loadCommandLineProgram>[0];
  const path = resolve(fileURLToPath(new URL('jobs/stages.ts', import.meta.url)));
  const loaded = await loadCommandLineProgram(io, [path, ...args], 'Stages');
  let graph: JobGraph | undefined;
  await runMain(loaded.program, loaded.args, loaded.sandbox, {
    submit: async (streamGraph, index) => {
      graph = jobGraphOf(streamGraph, loaded, generateOptions(new Configuration(), parallelism), index, []);
      const { jobId } = graph;
      return { jobId, result: async () => ({ jobId, netRuntimeMs: 0, accumulators: {} }), cancel: async () => {} };
    },
  });
  const job = graph!;
  return { bundle: loaded.packed.code, next: () => ({ ...job, jobId: randomId() }) };
}
