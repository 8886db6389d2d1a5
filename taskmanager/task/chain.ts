import { MillraceError } from '../../core/errors.js';
import type { ChainedOperator, JobVertex, OperatorFunctions } from '../../core/graph/index.js';
import { isSource } from '../../core/graph/index.js';
import { createOperator } from '../operators/create-operator.js';
import { FanOut, NOWHERE } from '../operators/fan-out.js';
import type { OneInputOperator, Operator, Output, SourceOperator, TaskContext } from '../operators/operator.js';

export interface ChainOptions {
  vertex: JobVertex;
  task: TaskContext;
  functions: ReadonlyMap<string, OperatorFunctions>;
  /** Edges to other tasks that start at an operator. */
  edgesOf(operatorId: string): Output[];
  runtimeContextOf(operator: ChainedOperator): unknown;
}

/** The operators of a task, wired: each calls the next directly. */
export interface Chain {
  /** In the vertex's order, the head first. */
  operators: Operator[];
  source: SourceOperator | undefined;
  /** What network input goes to; undefined for a source. */
  input: OneInputOperator | undefined;
  /** What the head writes to. */
  headOutput: Output;
}

/** Wires a vertex's operators from the last to the first. */
export function buildChain(options: ChainOptions): Chain {
  const { vertex, task, functions, edgesOf, runtimeContextOf } = options;
  const index = new Map(vertex.operators.map((operator, i) => [operator.operatorId, i]));
  const made = new Map<string, OneInputOperator | SourceOperator>();

  let headOutput: Output = NOWHERE;

  const build = (operatorId: string): OneInputOperator | SourceOperator => {
    const known = made.get(operatorId);
    if (known) return known;
    const position = index.get(operatorId);
    const operator = position === undefined ? undefined : vertex.operators[position];
    if (!operator || position === undefined) {
      throw new MillraceError('INTERNAL', `Operator ${operatorId} is not part of '${vertex.name}'.`);
    }
    // Records of side outputs take other ways than the main output's.
    const chained = operator.outputs
      .filter(o => o.sideOutput === undefined)
      .map(o => build(o.operatorId) as OneInputOperator);
    const outputs: Output[] = [...chained, ...edgesOf(operatorId)];
    const output = outputs.length > 1 ? new FanOut(outputs, task.objectReuse) : (outputs[0] ?? NOWHERE);
    const created = createOperator({
      task,
      operator,
      index: position,
      functions: functions.get(operatorId) ?? {},
      output,
      runtimeContext: runtimeContextOf(operator),
    });
    made.set(operatorId, created);
    if (position === 0) headOutput = output;
    return created;
  };

  const head = vertex.operators[0];
  if (!head) throw new MillraceError('INTERNAL', `'${vertex.name}' has no operators.`);
  const first = build(head.operatorId);
  const operators = vertex.operators.map(o => build(o.operatorId));
  return isSource(head.spec)
    ? { operators, source: first as SourceOperator, input: undefined, headOutput }
    : { operators, source: undefined, input: first as OneInputOperator, headOutput };
}
