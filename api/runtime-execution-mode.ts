import type { RuntimeModeName } from '../core/graph/index.js';

/** How a job runs, which decides what it emits; see `env.setRuntimeMode`. */
export enum RuntimeExecutionMode {
  /** Results follow their input: each record may change what was emitted before. The default; for any source. */
  STREAMING = 'STREAMING',
  /** Each result once, when all input is known. For bounded sources only. */
  BATCH = 'BATCH',
  /** BATCH if all sources are bounded, else STREAMING. */
  AUTOMATIC = 'AUTOMATIC',
}

/** What stands in the job's graph; undefined for what is no mode. */
export const runtimeModeOf = (name: unknown): RuntimeModeName | undefined =>
  Object.values(RuntimeExecutionMode).find(mode => mode === name);
