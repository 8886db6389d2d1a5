import { MillraceError, messageOf } from '../core/errors.js';
import {
  generateJobGraph,
  type JobGraph,
  type OperatorFunctions,
  type ProgramReference,
  type StreamGraph,
} from '../core/graph/index.js';
import type { HexId } from '../core/ids.js';
import { VERSION } from '../core/version.js';
import { loadProgram, loadProgramFile } from './program.js';
import { replayMain } from './run-main.js';
import { Sandbox } from './sandbox.js';

export type FunctionsByOperator = Map<HexId, OperatorFunctions>;

export interface BindProgramOptions {
  /** The packed bundle on local disk. */
  bundleFile: string;
  program: ProgramReference;
}

/**
 * The author's functions for one subtask, by operator id, from a run of `main` of its own: the module is evaluated anew,
 * so neither objects nor module variables are shared with another subtask. An object that the program gave to two
 * operators is bound once for each.
 */
export async function bindProgram({ bundleFile, program }: BindProgramOptions): Promise<FunctionsByOperator> {
  refuseOtherPlatform(program);
  const bindOnce = async (): Promise<StreamGraph> => {
    const { bundle, entry, recording } = program;
    const sandbox = new Sandbox(recording, 'replay');
    return replayMain(await loadProgramFile(bundleFile, entry, bundle.name, sandbox), sandbox, program);
  };
  const functions: FunctionsByOperator = new Map();
  const used = new Set<unknown>();
  const graph = await bindOnce();
  for (const [index, node] of graph.nodes.entries()) {
    let own = node.functions;
    // Lambdas have no state of their own; an object does.
    if (typeof own.function === 'object' && own.function !== null) {
      if (used.has(own.function)) own = (await bindOnce()).nodes[index]!.functions;
      used.add(own.function);
    }
    functions.set(node.operatorId, own);
  }
  return functions;
}

function refuseOtherPlatform(program: ProgramReference): void {
  const { platformVersion } = program.recording;
  if (platformVersion !== VERSION) {
    throw new MillraceError(
      'VERSION_MISMATCH',
      `The job was submitted by Millrace ${platformVersion}, this cluster runs ${VERSION}: use a client of the cluster's version`,
    );
  }
}

/**
 * Binds once where nothing is lost yet: a program whose second run builds another graph, or does what binding refuses,
 * is told so here and not in a container.
 */
export async function dryBind(code: Uint8Array, reference: ProgramReference, submitted: JobGraph): Promise<void> {
  const { entry, bundle, recording } = reference;
  let graph: StreamGraph;
  try {
    const sandbox = new Sandbox(recording, 'replay');
    graph = await replayMain(await loadProgram(code, entry, bundle.name, sandbox), sandbox, reference);
  } catch (error) {
    throw new MillraceError(
      'INVALID_PROGRAM',
      `The program can't be run a second time to bind its functions: ${messageOf(error)}`,
      { cause: error },
    );
  }
  const difference = firstDifference(
    submitted,
    generateJobGraph(graph, { jobId: submitted.jobId, defaultParallelism: 1 }),
  );
  if (difference) {
    throw new MillraceError(
      'INVALID_PROGRAM',
      `The program builds another graph when it is run again (${difference}): what main does must not depend on chance, time or what it reads elsewhere`,
    );
  }
}

/** Compares what binding needs: the operators, their ids and kinds. Chaining and parallelism are the submitted graph's. */
function firstDifference(first: JobGraph, second: JobGraph): string | undefined {
  const operators = (g: JobGraph): Map<HexId, string> =>
    new Map(g.vertices.flatMap(v => v.operators.map(o => [o.operatorId, `${o.spec.kind} '${o.name}'`] as const)));
  const [a, b] = [operators(first), operators(second)];
  for (const [id, what] of a) if (!b.has(id)) return `${what} is missing`;
  for (const [id, what] of b) if (!a.has(id)) return `${what} is new`;
  for (const [id, what] of a) if (b.get(id) !== what) return `${what} became ${b.get(id)}`;
  return undefined;
}
