import type { FieldAggregate } from '../../core/graph/index.js';
import type { Duration } from '../duration.js';
import type { Field } from '../key-selector.js';
import type { OutputTag } from '../output-tag.js';
import type { SingleOutputStreamOperator } from '../single-output-stream-operator.js';
import type { Evictor } from './evictors.js';
import type { Trigger } from './trigger.js';
import type { WindowAssigner } from './window-assigner.js';
import { type AddOperator, WindowBuilder } from './window-builder.js';
import type { Window } from './windows.js';

/** What windows by key and those of a whole stream have in common. */
export abstract class StreamWithWindows<T, W extends Window> {
  protected readonly builder: WindowBuilder<T, W>;

  /** @internal */
  constructor(assigner: WindowAssigner<T, W>, add: AddOperator) {
    this.builder = new WindowBuilder(assigner, add);
  }

  /** Decides in place of the assigner's own trigger when windows fire. */
  trigger(trigger: Trigger<T, W>): this {
    this.builder.trigger(trigger);
    return this;
  }
  /** Takes records out of windows that fire. All records are kept then, also where a function combines them. */
  evictor(evictor: Evictor<T, W>): this {
    this.builder.evictor(evictor);
    return this;
  }
  /** Keeps windows of event time for so long after their end: late records fire them again. Milliseconds, if a number. */
  allowedLateness(lateness: Duration | number): this {
    this.builder.allowedLateness(lateness);
    return this;
  }
  /** Records that come too late for all their windows go there; without it they are dropped. */
  sideOutputLateData(tag: OutputTag<T>): this {
    this.builder.sideOutputLateData(tag);
    return this;
  }

  /** Sum of a field; the other fields are those of the window's first record. */
  sum(field?: Field<T>): SingleOutputStreamOperator<T> {
    return this.builder.field<T>(fieldAggregate('sum', field));
  }
  /** Minimum of a field; the other fields are those of the window's first record. */
  min(field?: Field<T>): SingleOutputStreamOperator<T> {
    return this.builder.field<T>(fieldAggregate('min', field));
  }
  /** Maximum of a field; the other fields are those of the window's first record. */
  max(field?: Field<T>): SingleOutputStreamOperator<T> {
    return this.builder.field<T>(fieldAggregate('max', field));
  }
  /** The whole record with the smallest field; of equal ones the first, or the last if `first` is false. */
  minBy(field?: Field<T>, first = true): SingleOutputStreamOperator<T> {
    return this.builder.field<T>(fieldAggregate('min-by', field, first));
  }
  /** The whole record with the greatest field; of equal ones the first, or the last if `first` is false. */
  maxBy(field?: Field<T>, first = true): SingleOutputStreamOperator<T> {
    return this.builder.field<T>(fieldAggregate('max-by', field, first));
  }
}

/** @internal */
export const fieldAggregate = (
  aggregate: FieldAggregate['aggregate'],
  field: string | number | symbol | undefined,
  first = true,
): FieldAggregate => ({
  aggregate,
  field: (field ?? null) as FieldAggregate['field'],
  ...(!first && { last: true }),
});
