import type { PipelineExecutor } from '../core/executor.js';

/**
 * The local cluster, loaded when a program first needs it. Its module lies beside the built API and is named at run time
 * only: the API imports no runtime.
 */
export async function loadLocalExecutor(): Promise<PipelineExecutor> {
  const file = import.meta.url.endsWith('.ts') ? '../minicluster/index.ts' : './minicluster.js';
  const { localExecutor } = (await import(new URL(file, import.meta.url).href)) as {
    localExecutor: () => PipelineExecutor;
  };
  return localExecutor();
}
