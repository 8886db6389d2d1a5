import type { JobGraph, JobVertex } from './job-graph.js';

/**
 * What of a job runs at a time, in order. A streaming job is one stage. In batch mode each vertex is one: it begins when
 * those before it have ended, and reads what they have left. Vertices that lead back to one another stay together.
 */
export function stagesOf({ vertices, edges, config }: Pick<JobGraph, 'vertices' | 'edges' | 'config'>): JobVertex[][] {
  if (!config.batch) return [vertices];
  // A vertex comes after those that it reads: its head was made after what feeds it.
  const place = new Map(vertices.map((vertex, i) => [vertex.id, i]));
  const stages: JobVertex[][] = [];
  let together = -1;
  for (const [i, vertex] of vertices.entries()) {
    if (i <= together) stages.at(-1)!.push(vertex);
    else stages.push([vertex]);
    for (const edge of edges) if (edge.target === vertex.id) together = Math.max(together, place.get(edge.source)!);
  }
  return stages;
}

/** Slots that the job takes: of a stage the widest vertex of each sharing group, and of the stages what the widest takes. */
export function slotsNeeded(graph: Pick<JobGraph, 'vertices' | 'edges' | 'config'>): number {
  return Math.max(...stagesOf(graph).map(slotsOfStage));
}

function slotsOfStage(vertices: readonly JobVertex[]): number {
  const widest = new Map<string, number>();
  for (const v of vertices) {
    widest.set(v.slotSharingGroup, Math.max(widest.get(v.slotSharingGroup) ?? 0, v.parallelism));
  }
  return [...widest.values()].reduce((a, b) => a + b, 0);
}
