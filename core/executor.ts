import { MillraceError } from './errors.js';
import type { JobResultData, StreamGraph } from './graph/index.js';
import type { HexId } from './ids.js';
import { VERSION } from './version.js';

/** A job that an executor took. */
export interface JobHandle {
  readonly jobId: HexId;
  /** Resolves when the job FINISHED; rejects with JOB_FAILED or JOB_CANCELED. Asking twice gives the same promise. */
  result(): Promise<JobResultData>;
  cancel(): Promise<void>;
}

/** Whoever runs what `env.execute()` built: the client, a slot worker that binds functions, or the local cluster. */
export interface PipelineExecutor {
  readonly platformVersion: string;
  execute(graph: StreamGraph): Promise<JobHandle>;
}

/** A global, not a module variable: a bundle may carry its own copy of the API, and must find the same executor. */
export const EXECUTOR = Symbol.for('millrace.executor');

export interface ExecutorHolder {
  [EXECUTOR]?: PipelineExecutor | undefined;
}

export function setExecutor(executor: PipelineExecutor | undefined): void {
  (globalThis as ExecutorHolder)[EXECUTOR] = executor;
}

/** The executor of this process. Without one, `load` gives the default. Refuses one of another platform version. */
export async function currentExecutor(load: () => Promise<PipelineExecutor>): Promise<PipelineExecutor> {
  const executor = (globalThis as ExecutorHolder)[EXECUTOR] ?? (await load());
  if (executor.platformVersion !== VERSION) {
    throw new MillraceError(
      'VERSION_MISMATCH',
      `This program carries Millrace ${VERSION}, the platform that runs it is ${executor.platformVersion}: ` +
        "build it anew with the platform's version, or leave 'millrace' out of the bundle.",
    );
  }
  return executor;
}
