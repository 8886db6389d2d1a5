import { MillraceError } from '../../core/errors.js';
import type { FieldAggregate, OperatorSpec } from '../../core/graph/index.js';
import { type Duration, millisOf } from '../duration.js';
import type { AggregateFunction, ReduceFunction } from '../functions.js';
import { required } from '../key-selector.js';
import type { OutputTag } from '../output-tag.js';
import type { SingleOutputStreamOperator } from '../single-output-stream-operator.js';
import type { Evictor } from './evictors.js';
import type { Trigger } from './trigger.js';
import { isMerging, type WindowAssigner } from './window-assigner.js';
import type { Window } from './windows.js';

/** @internal What an operator with windows is made from: all that is not plain data. */
export interface WindowFunctions {
  assigner: WindowAssigner<unknown, Window>;
  trigger: Trigger<unknown, Window>;
  evictor?: Evictor<unknown, Window>;
  /** Keeps one value for each window: by the spec a ReduceFunction or an AggregateFunction. */
  reduce?: ReduceFunction<unknown> | ((a: unknown, b: unknown) => unknown);
  aggregate?: AggregateFunction<unknown, unknown, unknown>;
  /** The window function, if there is one. */
  call?: unknown;
}

type WindowSpec = Extract<OperatorSpec, { kind: 'window' }>;

/** Puts the operator behind the stream. */
export type AddOperator = <R>(
  spec: WindowSpec,
  name: string,
  functions: { function: WindowFunctions },
) => SingleOutputStreamOperator<R>;

/** What a keyed window and one of a whole stream have in common: settings, and how they become an operator. */
export class WindowBuilder<T, W extends Window> {
  private theTrigger: Trigger<T, W>;
  private theEvictor: Evictor<T, W> | undefined;
  private lateness = 0;
  private lateTag: string | undefined;

  constructor(
    private readonly assigner: WindowAssigner<T, W>,
    private readonly add: AddOperator,
  ) {
    requireAssigner(assigner);
    this.theTrigger = assigner.getDefaultTrigger();
  }

  trigger(trigger: Trigger<T, W>): void {
    if (typeof trigger?.onElement !== 'function') throw invalid('trigger needs a Trigger, as CountTrigger.of(10).');
    if (isMerging(this.assigner) && !trigger.canMerge()) {
      throw invalid(
        `A merging window assigner cannot be used with a trigger that does not support merging: ${named(trigger)}.`,
      );
    }
    this.theTrigger = trigger;
  }

  evictor(evictor: Evictor<T, W>): void {
    if (typeof evictor?.evictBefore !== 'function') throw invalid('evictor needs an Evictor, as CountEvictor.of(10).');
    this.theEvictor = evictor;
  }

  allowedLateness(lateness: Duration | number): void {
    const millis = millisOf(lateness);
    if (!(millis >= 0)) throw invalid(`The allowed lateness cannot be negative: ${String(millis)} ms.`);
    this.lateness = millis;
  }

  sideOutputLateData(tag: OutputTag<T>): void {
    if (typeof tag?.getId !== 'function') throw invalid('sideOutputLateData needs an OutputTag.');
    this.lateTag = tag.getId();
  }

  reduce<R>(f: unknown, call?: unknown): SingleOutputStreamOperator<R> {
    refuseRich(required(f, 'reduce'), 'reduce', 'ReduceFunction');
    return this.operator<R>('reduce', call ?? f, { reduce: f as ReduceFunction<unknown> }, call, 'apply');
  }

  aggregate<R>(f: unknown, call?: unknown): SingleOutputStreamOperator<R> {
    refuseRich(required(f, 'aggregate'), 'aggregate', 'AggregateFunction');
    const given = f as AggregateFunction<unknown, unknown, unknown>;
    if (typeof given.createAccumulator !== 'function') {
      throw invalid('aggregate needs an object with createAccumulator, add, getResult and merge.');
    }
    return this.operator<R>('aggregate', call ?? f, { aggregate: given }, call, 'apply');
  }

  field<R>(field: FieldAggregate): SingleOutputStreamOperator<R> {
    return this.operator<R>('field', field.aggregate, {}, undefined, 'none', field);
  }

  apply<R>(call: unknown): SingleOutputStreamOperator<R> {
    return this.operator<R>('list', required(call, 'apply'), {}, call, 'apply');
  }

  process<R>(call: unknown): SingleOutputStreamOperator<R> {
    return this.operator<R>('list', required(call, 'process'), {}, call, 'process');
  }

  private operator<R>(
    contents: WindowSpec['contents'],
    shown: unknown,
    functions: Partial<WindowFunctions>,
    call: unknown,
    /** What a lambda is. */
    lambda: WindowSpec['call'],
    field?: FieldAggregate,
  ): SingleOutputStreamOperator<R> {
    const spec: WindowSpec = {
      kind: 'window',
      contents,
      call: call === undefined ? 'none' : typeof call === 'function' ? lambda : methodOf(call),
      allowedLateness: this.lateness,
      ...(this.lateTag !== undefined && { lateOutput: this.lateTag }),
      ...(field && { field }),
    };
    const { assigner, theTrigger, theEvictor } = this;
    const parts = [assigner, theTrigger, ...(theEvictor ? [theEvictor] : [])].map(part => named(part));
    const name = [...parts, named(shown, contents)].join(', ');
    return this.add<R>(spec, name, {
      function: {
        assigner: assigner as WindowAssigner<unknown, Window>,
        trigger: theTrigger as Trigger<unknown, Window>,
        ...(theEvictor && { evictor: theEvictor as Evictor<unknown, Window> }),
        ...(call !== undefined && { call }),
        ...functions,
      },
    });
  }
}

/** @internal Throws INVALID_PROGRAM for what is no assigner. */
export function requireAssigner(assigner: { assignWindows?: unknown }): void {
  if (typeof assigner?.assignWindows === 'function') return;
  throw invalid('window needs a WindowAssigner, as TumblingEventTimeWindows.of(Duration.ofSeconds(5)).');
}

function methodOf(call: unknown): 'apply' | 'process' {
  const object = required(call, 'the window function') as { process?: unknown; apply?: unknown };
  if (typeof object.process === 'function') return 'process';
  if (typeof object.apply === 'function') return 'apply';
  throw invalid('A window function is a lambda, or an object with apply or process; what was given has neither.');
}

function refuseRich(f: unknown, method: string, kind: string): void {
  if (typeof (f as { getRuntimeContext?: unknown }).getRuntimeContext !== 'function') return;
  throw invalid(
    `${kind} of ${method} can not be a rich function. Put what needs its context into a window function: ${method}(f, windowFunction).`,
  );
}

/** How it says itself, else by its class; a lambda by its method. */
function named(part: unknown, method = 'Lambda'): string {
  if (typeof part === 'string') return part;
  if (typeof part === 'function') return part.name || method;
  const text = String(part);
  if (!text.startsWith('[object ')) return text;
  const { name } = (part as object).constructor;
  return name === 'Object' ? method : name;
}

const invalid = (message: string): MillraceError => new MillraceError('INVALID_PROGRAM', message);
