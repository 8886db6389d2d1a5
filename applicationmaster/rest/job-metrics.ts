import type { JobMaster } from '../jobmaster/job-master.js';

export interface MetricView {
  id: string;
  value?: string;
}

/** GET /jobs/:jobid/metrics: the names; with `get`, values of those asked for, unknown ones left out. */
export function jobMetrics({ graph }: JobMaster, get: string | undefined): MetricView[] {
  const values = new Map<string, number>();
  for (const { metrics } of graph.executions) {
    for (const [name, figures] of Object.entries(metrics?.latencies ?? {})) {
      for (const [figure, value] of Object.entries(figures)) values.set(`${name}_${figure}`, value);
    }
  }
  if (get === undefined) return [...values.keys()].map(id => ({ id }));
  return get.split(',').flatMap(id => {
    const value = values.get(id);
    return value === undefined ? [] : [{ id, value: String(value) }];
  });
}
