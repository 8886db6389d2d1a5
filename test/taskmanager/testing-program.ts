import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadProgram, newRecording, packBundle, runMain, Sandbox } from '../../bundle/index.js';
import { generateJobGraph, type JobGraph } from '../../core/graph/index.js';
import type { JobInformation } from '../../core/protocol/index.js';
import { tempDir } from '../testing/temp-dir.js';

export interface Program {
  graph: JobGraph;
  job: JobInformation;
  code: Uint8Array;
}

/** As a client would submit it. */
export async function programOf(text: string, args: string[] = []): Promise<Program> {
  const file = join(tempDir(), 'job.ts');
  writeFileSync(file, text);
  const bundle = await packBundle(file);
  const recording = newRecording();
  const sandbox = new Sandbox(recording, 'record');
  let graph: JobGraph | undefined;
  await runMain(await loadProgram(bundle.code, undefined, bundle.name, sandbox), args, sandbox, {
    async submit(streamGraph) {
      graph = generateJobGraph(streamGraph);
      const { jobId } = graph;
      return { jobId, cancel: async () => {}, result: async () => ({ jobId, netRuntimeMs: 1, accumulators: {} }) };
    },
  });
  const { jobId, jobName, config } = graph!;
  const program = {
    bundle: { sha256: bundle.sha256, name: bundle.name, size: bundle.code.length },
    args,
    executeIndex: 0,
    previousResults: [],
    recording,
  };
  return { graph: graph!, job: { jobId, jobName, config, program }, code: bundle.code };
}

export const main = (body: string): string => `
import { StreamExecutionEnvironment, RichMapFunction, RichSinkFunction, LongCounter } from 'millrace';
export class Job {
  static async main(args: string[]): Promise<void> {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    ${body}
    await env.execute('job');
  }
}`;
