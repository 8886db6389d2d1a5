import { unpack } from 'msgpackr';
import * as z from 'zod';
import { MillraceError, messageOf } from '../../core/errors.js';
import type { JobGraph } from '../../core/graph/index.js';
import { isHexId } from '../../core/ids.js';

/** What POST /jobs takes: msgpack of `{jobGraph, bundle}`. */
export const SUBMISSION_CONTENT_TYPE = 'application/x-millrace-job';

const id = z.string().refine(isHexId, '32 hexadecimal digits are expected');
const count = z.number().int().min(1);

const Vertex = z.looseObject({
  id,
  name: z.string(),
  parallelism: count,
  maxParallelism: count,
  slotSharingGroup: z.string(),
  operators: z
    .array(z.looseObject({ operatorId: id, name: z.string(), spec: z.looseObject({ kind: z.string() }) }))
    .min(1),
});

const Graph = z.looseObject({
  jobId: id,
  jobName: z.string(),
  vertices: z.array(Vertex).min(1),
  edges: z.array(z.looseObject({ id, source: id, target: id, partitioner: z.string() })),
  config: z.looseObject({ properties: z.record(z.string(), z.string()) }),
  program: z.looseObject({ bundle: z.looseObject({ sha256: z.string() }) }).optional(),
});

const Submission = z.object({ jobGraph: Graph, bundle: z.instanceof(Uint8Array).optional() });

export interface Submission {
  jobGraph: JobGraph;
  bundle?: Uint8Array;
}

/** Throws ILLEGAL_ARGUMENT naming the field that is wrong. */
export function readSubmission(body: Uint8Array): Submission {
  let data: unknown;
  try {
    data = unpack(body);
  } catch (error) {
    throw new MillraceError('ILLEGAL_ARGUMENT', `The submission can't be read: ${messageOf(error)}`);
  }
  const parsed = Submission.safeParse(data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new MillraceError(
      'ILLEGAL_ARGUMENT',
      `The submission is no job: ${issue?.path.join('.') || 'it'}: ${issue?.message}`,
    );
  }
  const { jobGraph, bundle } = parsed.data;
  const graph = jobGraph as unknown as JobGraph;
  checkEdges(graph);
  return { jobGraph: graph, ...(bundle && { bundle }) };
}

/** The job graph of a file, as per-job mode finds it. */
export function readJobGraph(bytes: Uint8Array): JobGraph {
  let jobGraph: unknown;
  try {
    jobGraph = unpack(bytes);
  } catch (error) {
    throw new MillraceError('ILLEGAL_ARGUMENT', `The job graph can't be read: ${messageOf(error)}`);
  }
  const parsed = Graph.safeParse(jobGraph);
  if (parsed.success) {
    checkEdges(jobGraph as JobGraph);
    return jobGraph as JobGraph;
  }
  const issue = parsed.error.issues[0];
  throw new MillraceError('ILLEGAL_ARGUMENT', `The job graph is wrong: ${issue?.path.join('.')}: ${issue?.message}`);
}

function checkEdges({ vertices, edges }: JobGraph): void {
  const ids = new Set(vertices.map(v => v.id));
  for (const { id: edge, source, target } of edges) {
    if (ids.has(source) && ids.has(target)) continue;
    throw new MillraceError('ILLEGAL_ARGUMENT', `The submission is no job: edge ${edge} joins vertices that it lacks.`);
  }
}
