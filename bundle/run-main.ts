import { MillraceError } from '../core/errors.js';
import type { JobHandle } from '../core/executor.js';
import type { JobResultData, MainRecording, StreamGraph } from '../core/graph/index.js';
import { VERSION } from '../core/version.js';
import type { Program } from './program.js';
import { outsideSandbox, type Sandbox } from './sandbox.js';

const BIND_TIMEOUT_MS = 30_000;

export interface SubmittingExecutor {
  /** Called for each `execute` of the program, from index 0. */
  submit(graph: StreamGraph, executeIndex: number, recording: MainRecording): Promise<JobHandle>;
  /** When this resolves `main` is left where it is. */
  readonly enough?: Promise<unknown>;
}

/**
 * The client's run of `main`: records what it reads and hands each graph to `executor`. `sandbox` is the one that the
 * program was loaded in. Rejects with what `main` throws.
 */
export async function runMain(
  program: Program,
  args: string[],
  sandbox: Sandbox,
  executor: SubmittingExecutor,
): Promise<{ executions: number }> {
  let executions = 0;
  sandbox.executor = {
    platformVersion: VERSION,
    execute: graph =>
      outsideSandbox(async () => {
        const handle = await executor.submit(graph, executions++, sandbox.recording);
        return {
          jobId: handle.jobId,
          cancel: () => outsideSandbox(() => handle.cancel()),
          result: () => outsideSandbox(() => handle.result()),
        };
      }),
  };
  const { enough } = executor;
  const wholeMain = async (): Promise<unknown> => program.main(args);
  await sandbox.run(() => (enough ? Promise.race([wholeMain(), enough]) : wholeMain()));
  if (executions === 0) {
    throw new MillraceError(
      'INVALID_PROGRAM',
      `The program ${program.entryName} did not call execute(): it has no job to run.`,
    );
  }
  return { executions };
}

export interface Replay {
  args: string[];
  executeIndex: number;
  previousResults: JobResultData[];
}

/**
 * Runs `main` again with what its first run saw and gives the graph of its n-th `execute`; earlier ones get their
 * recorded results. `main` is abandoned there: its rest never runs.
 */
export async function replayMain(
  program: Program,
  sandbox: Sandbox,
  { args, executeIndex, previousResults }: Replay,
): Promise<StreamGraph> {
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
    sandbox.executor = {
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
    };
  });
  const wholeMain = async (): Promise<never> => {
    await program.main(args);
    throw new MillraceError('INVALID_PROGRAM', 'main ended without the execute() that it had when it was submitted');
  };
  try {
    return await sandbox.run(() => Promise.race([graph, wholeMain()]));
  } finally {
    clearTimeout(timer);
  }
}
