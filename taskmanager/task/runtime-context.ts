import type {
  Accumulator,
  AggregatingState,
  AggregatingStateDescriptor,
  Counter,
  ListState,
  ListStateDescriptor,
  MapState,
  MapStateDescriptor,
  MetricGroup,
  ReducingState,
  ReducingStateDescriptor,
  RuntimeContext,
  ValueState,
  ValueStateDescriptor,
} from '../../api/index.js';
import { MillraceError } from '../../core/errors.js';
import type { ChainedOperator } from '../../core/graph/index.js';
import type { TaskContext } from '../operators/operator.js';
import { type KeyedStates, ScopedStateStore } from '../state/keyed-states.js';
import type { TaskAccumulators } from './accumulators.js';

/** What a rich function sees of its subtask: Flink's RuntimeContext and, with the same methods, its TaskInfo. */
export class OperatorRuntimeContext implements RuntimeContext {
  private readonly metrics = new OperatorMetricGroup();
  private readonly store: ScopedStateStore | undefined;

  constructor(
    private readonly task: TaskContext,
    private readonly operator: ChainedOperator,
    private readonly accumulators: TaskAccumulators,
    /** Of an operator with a keyed input. */
    states: KeyedStates | undefined,
  ) {
    this.store = states && new ScopedStateStore(states);
  }

  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T> {
    return this.keyedStore().getState(descriptor);
  }

  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return this.keyedStore().getListState(descriptor);
  }

  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    return this.keyedStore().getMapState(descriptor);
  }

  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T> {
    return this.keyedStore().getReducingState(descriptor);
  }

  getAggregatingState<IN, ACC, OUT>(descriptor: AggregatingStateDescriptor<IN, ACC, OUT>): AggregatingState<IN, OUT> {
    return this.keyedStore().getAggregatingState(descriptor);
  }

  private keyedStore(): ScopedStateStore {
    if (this.store) return this.store;
    throw new MillraceError(
      'INVALID_PROGRAM',
      "Keyed state can only be used on a 'keyed stream', i.e., after a 'keyBy()' operation.",
    );
  }

  getTaskInfo(): this {
    return this;
  }

  getJobId(): string {
    return this.task.jobId;
  }

  getTaskName(): string {
    return this.operator.name;
  }

  getTaskNameWithSubtasks(): string {
    return `${this.operator.name} (${this.task.subtaskIndex + 1}/${this.task.vertex.parallelism})#${this.task.attempt}`;
  }

  getIndexOfThisSubtask(): number {
    return this.task.subtaskIndex;
  }

  getNumberOfParallelSubtasks(): number {
    return this.task.vertex.parallelism;
  }

  getMaxNumberOfParallelSubtasks(): number {
    return this.task.vertex.maxParallelism;
  }

  getAttemptNumber(): number {
    return this.task.attempt;
  }

  addAccumulator(name: string, accumulator: Accumulator<unknown, unknown>): void {
    this.accumulators.add(this.operator.operatorId, name, accumulator);
  }

  getAccumulator(name: string): Accumulator<unknown, unknown> | undefined {
    return this.accumulators.get(this.operator.operatorId, name) as Accumulator<unknown, unknown> | undefined;
  }

  getMetricGroup(): MetricGroup {
    return this.metrics;
  }
}

/** Counters that a function keeps; the same name gives the same counter. They are read in the function only, so far. */
class OperatorMetricGroup implements MetricGroup {
  private readonly counters = new Map<string, Counter>();

  counter(name: string): Counter {
    let counter = this.counters.get(name);
    if (!counter) {
      let count = 0;
      counter = {
        inc: (n = 1) => {
          count += n;
        },
        dec: (n = 1) => {
          count -= n;
        },
        getCount: () => count,
      };
      this.counters.set(name, counter);
    }
    return counter;
  }
}
