import { MillraceError } from '../../core/errors.js';
import type { ChainedOperator, JobVertex, OperatorFunctions } from '../../core/graph/index.js';
import { isSource } from '../../core/graph/index.js';
import { createOperator } from '../operators/create-operator.js';
import { FanOut, inOrder, NOWHERE, WithSideOutputs } from '../operators/fan-out.js';
import type {
  OneInputOperator,
  Operator,
  OperatorInput,
  Output,
  SourceOperator,
  TaskContext,
  TwoInputOperator,
} from '../operators/operator.js';
import { KeyContext } from '../state/key-context.js';
import { KeyedStates } from '../state/keyed-states.js';
import { SourceOutput } from './source-output.js';

export interface ChainOptions {
  vertex: JobVertex;
  task: TaskContext;
  functions: ReadonlyMap<string, OperatorFunctions>;
  /** Edges to other tasks that start at an operator, and the id of their side output if it is none of its main output. */
  edgesOf(operatorId: string): Array<{ output: Output; sideOutput: string | undefined }>;
  runtimeContextOf(operator: ChainedOperator, states: KeyedStates | undefined): unknown;
}

/** The operators of a task, wired: each calls the next directly. */
export interface Chain {
  /** In the vertex's order, the head first. */
  operators: Operator[];
  source: SourceOperator | undefined;
  /** What network input goes to, by input of the head; none for a source. */
  inputs: readonly OperatorInput[];
  /** What the head writes to, by direct calls. */
  headOutput: Output;
  /** What a source has been given for its output. */
  sourceOutput: SourceOutput | undefined;
  /** By operator, what it writes to, in the order in which each gets a record; all but the last get copies. */
  outputs: Output[][];
}

type Created = OneInputOperator | TwoInputOperator | SourceOperator;

/** Wires a vertex's operators from the last to the first. */
export function buildChain(options: ChainOptions): Chain {
  const { vertex, task, functions, edgesOf, runtimeContextOf } = options;
  const index = new Map(vertex.operators.map((operator, i) => [operator.operatorId, i]));
  const made = new Map<string, Created>();

  let headOutput: Output = NOWHERE;
  let sourceOutput: SourceOutput | undefined;
  const outputsOf: Output[][] = [];

  const build = (operatorId: string): Created => {
    const known = made.get(operatorId);
    if (known) return known;
    const position = index.get(operatorId);
    const operator = position === undefined ? undefined : vertex.operators[position];
    if (!operator || position === undefined) {
      throw new MillraceError('INTERNAL', `Operator ${operatorId} is not part of '${vertex.name}'.`);
    }
    const ways = [
      ...operator.outputs.map(o => ({ output: build(o.operatorId) as Output, sideOutput: o.sideOutput })),
      ...edgesOf(operatorId),
    ];
    const outputsFor = (sideOutput: string | undefined): Output[] =>
      inOrder(ways.filter(w => w.sideOutput === sideOutput).map(w => w.output));
    const tags = new Set(ways.flatMap(w => w.sideOutput ?? []));
    const sideOutputs = new Map([...tags].map(tag => [tag, joined(outputsFor(tag), task)]));
    const outputs = outputsFor(undefined);
    outputsOf[position] = outputs;
    const main = joined(outputs, task);
    const output = sideOutputs.size > 0 ? new WithSideOutputs(main, [...sideOutputs.values()]) : main;
    const own = functions.get(operatorId) ?? {};
    const isKeyed = own.keySelectors?.some(Boolean);
    const states = isKeyed ? new KeyedStates(new KeyContext(), task.processingTime.now) : undefined;
    states?.whenUsed(task.recompile);
    if (position === 0) {
      headOutput = output;
      if (isSource(operator.spec)) sourceOutput = new SourceOutput(output, task);
    }
    const created = createOperator({
      task,
      operator,
      index: position,
      functions: own,
      output: position === 0 && sourceOutput ? sourceOutput : output,
      sideOutputs,
      states,
      runtimeContext: runtimeContextOf(operator, states),
    });
    made.set(operatorId, created);
    return created;
  };

  const head = vertex.operators[0];
  if (!head) throw new MillraceError('INTERNAL', `'${vertex.name}' has no operators.`);
  const first = build(head.operatorId);
  const operators = vertex.operators.map(o => build(o.operatorId));
  const source = isSource(head.spec);
  return {
    operators,
    source: source ? (first as SourceOperator) : undefined,
    inputs: source ? [] : 'inputs' in first ? first.inputs : [first as OneInputOperator],
    headOutput,
    sourceOutput,
    outputs: outputsOf,
  };
}

const joined = (outputs: Output[], task: TaskContext): Output =>
  outputs.length > 1 ? new FanOut(outputs, task.objectReuse) : (outputs[0] ?? NOWHERE);
