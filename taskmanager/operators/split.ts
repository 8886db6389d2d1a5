/** HOT PATH */
import { MillraceError } from '../../core/errors.js';
import { namesOfOutput } from '../../core/graph/index.js';
import { copyRecord } from '../../core/types/index.js';
import type { OperatorContext, Output } from './operator.js';
import { isThenable, UserFunction } from './user-function.js';
import { UserOperator } from './user-operator.js';

type Selector = (value: unknown) => unknown;

interface Way {
  /** Undefined: all records. */
  names: readonly string[] | undefined;
  output: Output;
  /** It gets a copy: another way behind it may have the record, too. */
  copies: boolean;
}

/** Asks the author once for each record which names it has, and sends it to those who have selected one of them. */
export class SplitOperator extends UserOperator<Selector> {
  private readonly select: Selector;
  private readonly ways: readonly Way[];

  constructor(context: OperatorContext) {
    super(context, new UserFunction<Selector>(context, 'select'));
    this.select = this.user.call;
    const ways: Way[] = [...context.sideOutputs].map(([id, output]) => ({
      names: namesOfOutput(id),
      output,
      copies: false,
    }));
    ways.push({ names: undefined, output: context.output, copies: false });
    // Who takes copies comes first: the last one may have the record itself.
    ways.sort((a, b) => Number(b.output.takesCopies) - Number(a.output.takesCopies));
    for (const way of ways.slice(0, -1)) way.copies = !way.output.takesCopies && !context.task.objectReuse;
    this.ways = ways;
  }

  protected process(record: unknown, timestamp: number): void {
    this.position.current = this.index;
    const selected = this.select(record);
    if (isThenable(selected)) this.suspend(selected, names => this.send(names, record, timestamp));
    else this.send(selected, record, timestamp);
  }

  private send(selected: unknown, record: unknown, timestamp: number): void {
    const names = Array.isArray(selected) ? (selected as unknown[]) : this.namesIn(selected);
    for (const way of this.ways) {
      if (way.names !== undefined && !hasOneOf(names, way.names)) continue;
      way.output.collect(way.copies ? copyRecord(record) : record, timestamp);
    }
  }

  private namesIn(selected: unknown): unknown[] {
    if (typeof selected === 'object' && selected !== null && Symbol.iterator in selected) {
      return [...(selected as Iterable<unknown>)];
    }
    this.position.current = this.index;
    throw new MillraceError(
      'TASK_FAILED',
      `The selector of '${this.context.operator.name}' returned ${selected === null ? 'null' : `a ${typeof selected}`}; ` +
        'an array or another iterable of names is needed.',
    );
  }
}

function hasOneOf(names: readonly unknown[], wanted: readonly string[]): boolean {
  for (const name of names) if (wanted.includes(name as string)) return true;
  return false;
}
