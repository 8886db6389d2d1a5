import { MillraceError } from '../core/errors.js';
import { type JobHandle, type PipelineExecutor, setExecutor } from '../core/executor.js';
import type { JobResultData, MainRecording, StreamGraph } from '../core/graph/index.js';
import { VERSION } from '../core/version.js';
import type { Program } from './program.js';
import { Sandbox } from './sandbox.js';

const BIND_TIMEOUT_MS = 30_000;

export interface SubmittingExecutor {
  /** Called for each `execute` of the program, from index 0. */
  submit(graph: StreamGraph, executeIndex: number, recording: MainRecording): Promise<JobHandle>;
}

/**
 * The client's run of `main`: records what it reads and hands each graph to `executor`. While a job is submitted and
 * awaited the process is as usual. Rejects with what `main` throws.
 */
export async function runMain(
  program: Program,
  args: string[],
  recording: MainRecording,
  executor: SubmittingExecutor,
): Promise<{ executions: number }> {
  const sandbox = new Sandbox(recording, 'record');
  let executions = 0;
  const hook: PipelineExecutor = {
    platformVersion: VERSION,
    async execute(graph) {
      sandbox.leave();
      try {
        const handle = await executor.submit(graph, executions++, recording);
        return {
          jobId: handle.jobId,
          cancel: () => handle.cancel(),
          result: async () => {
            sandbox.leave();
            try {
              return await handle.result();
            } finally {
              sandbox.enter();
            }
          },
        };
      } finally {
        sandbox.enter();
      }
    },
  };
  setExecutor(hook);
  sandbox.enter();
  try {
    await program.main(args);
  } finally {
    sandbox.leave();
    setExecutor(undefined);
  }
  if (executions === 0) {
    throw new MillraceError(
      'INVALID_PROGRAM',
      `The program ${program.entryName} did not call execute(): it has no job to run.`,
    );
  }
  return { executions };
}

let queue: Promise<unknown> = Promise.resolve();

/**
 * Runs `main` again with what its first run saw and gives the graph of its n-th `execute`; earlier ones get their
 * recorded results. `main` is abandoned there: its rest never runs.
 */
export function replayMain(
  program: Program,
  args: string[],
  recording: MainRecording,
  executeIndex: number,
  previousResults: JobResultData[],
): Promise<StreamGraph> {
  // The patches are the process's: one run at a time.
  const run = queue.then(() => replay(program, args, recording, executeIndex, previousResults));
  queue = run.catch(() => {});
  return run;
}

async function replay(
  program: Program,
  args: string[],
  recording: MainRecording,
  executeIndex: number,
  previousResults: JobResultData[],
): Promise<StreamGraph> {
  const sandbox = new Sandbox(recording, 'replay');
  let timer: NodeJS.Timeout | undefined;
  const graph = new Promise<StreamGraph>((resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new MillraceError(
          'INVALID_PROGRAM',
          `main did not come to its execute() within ${BIND_TIMEOUT_MS / 1000} s while its functions were bound`,
        ),
      );
    }, BIND_TIMEOUT_MS);
    let index = 0;
    setExecutor({
      platformVersion: VERSION,
      execute(streamGraph) {
        if (index === executeIndex) {
          resolve(streamGraph);
          return new Promise<never>(() => {});
        }
        const result = previousResults[index++];
        if (!result) {
          return Promise.reject(new MillraceError('INVALID_PROGRAM', 'main runs more jobs than when it was submitted'));
        }
        return Promise.resolve({ jobId: result.jobId, result: async () => result, cancel: async () => {} });
      },
    });
    sandbox.enter();
    (async () => program.main(args))().then(
      () =>
        reject(
          new MillraceError('INVALID_PROGRAM', 'main ended without the execute() that it had when it was submitted'),
        ),
      reject,
    );
  });
  try {
    return await graph;
  } finally {
    clearTimeout(timer);
    sandbox.leave();
    setExecutor(undefined);
  }
}
