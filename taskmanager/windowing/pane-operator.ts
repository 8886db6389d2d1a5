/** HOT PATH */
import {
  type AggregateFunction,
  EventTimeTrigger,
  SlidingEventTimeWindows,
  TimeWindow,
  TumblingEventTimeWindows,
  type WindowFunctions,
} from '../../api/index.js';
import type { WindowSpec } from '../../core/graph/index.js';
import { hasTimestamp } from '../../core/types/index.js';
import { keySelectorOf } from '../operators/key-selector.js';
import type { OperatorCode, OperatorContext } from '../operators/operator.js';
import { ProcessContext } from '../operators/process-context.js';
import { isThenable } from '../operators/user-function.js';
import { UserOperator } from '../operators/user-operator.js';
import { settled } from '../state/heap-states.js';
import { ScopedStateStore } from '../state/keyed-states.js';
import { ownValue } from '../state/own-value.js';
import { StateScope } from '../state/state-scope.js';
import { InternalTimerService } from '../timers/internal-timer-service.js';
import { copyAccumulator } from './copy-accumulator.js';
import { LateRecords } from './late-records.js';
import { PaneStore } from './pane-store.js';
import { WindowCaller } from './window-caller.js';
import { aggregateOf } from './window-contents.js';
import { WindowContext } from './window-context.js';

type AlignedWindows = TumblingEventTimeWindows | SlidingEventTimeWindows;
type Aggregate = AggregateFunction<unknown, unknown, unknown>;

/** Where a window function finds the state of its window: each window of a key fires once, and is over then. */
const NAMESPACE = 1;
/** Keys that fire between two looks at the clock and at the outputs. */
const LOOK_AFTER = 64;

/** Whether windows can be kept in panes: those that fire once, at their end, and keep one value of which parts can be merged. */
export function fitsPanes(spec: WindowSpec, functions: WindowFunctions): boolean {
  const { assigner, trigger, evictor, aggregate } = functions;
  if (spec.contents === 'list' || spec.allowedLateness > 0 || evictor) return false;
  if (trigger.constructor !== EventTimeTrigger) return false;
  if (assigner.constructor === TumblingEventTimeWindows) return true;
  // A function of records that come out of order need not give the same by parts; merge is there for that.
  if (assigner.constructor !== SlidingEventTimeWindows || spec.contents !== 'aggregate') return false;
  const { size, slide } = sizesOf(assigner as AlignedWindows);
  return slide <= size && typeof aggregate!.merge === 'function' && canMerge(aggregate!);
}

/** Authors may leave `merge` undone, as only windows that merge need it in Flink. */
function canMerge(aggregate: Aggregate): boolean {
  try {
    const merged = aggregate.merge(aggregate.createAccumulator(), aggregate.createAccumulator());
    return merged !== undefined && merged !== null;
  } catch {
    return false;
  }
}

const sizesOf = (assigner: AlignedWindows): { size: number; slide: number; offset: number } => ({
  size: assigner.getSize(),
  slide: assigner.getSlide(),
  offset: assigner.getOffset(),
});

/**
 * Windows of event time of one size, without timers: a record changes one accumulator, that of its key and pane, however many
 * windows it is in; a window that ends merges those of its panes, key by key.
 */
export class PaneOperator extends UserOperator<(...args: unknown[]) => unknown> {
  private readonly panes: PaneStore;
  private readonly aggregate: Aggregate;
  private readonly isSingle: boolean;
  private readonly service: InternalTimerService;
  private readonly caller: WindowCaller;
  private readonly late: LateRecords;
  /** The window that fires, and how far it has come: which pane, which of its slots. */
  private firing: TimeWindow | undefined;
  private firingPanes = 0;
  private pane = 0;
  private place = 0;
  /** By slot: the number of the firing that it was last seen in. */
  private readonly seen: number[] = [];
  private firings = 0;

  constructor(context: OperatorContext, spec: WindowSpec) {
    super(context, WindowCaller.functionOf(context, spec));
    keySelectorOf(context);
    this.useKeys();
    const states = context.states!;
    const functions = context.functions.function as WindowFunctions;
    const { size, slide, offset } = sizesOf(functions.assigner as AlignedWindows);
    this.panes = new PaneStore(size, slide, offset, states.keys);
    this.isSingle = this.panes.paneSize === size;
    this.aggregate = aggregateOf(spec, functions, context.operator.name);
    this.service = new InternalTimerService(
      context.task,
      this.index,
      {
        onEventTime: () => undefined,
        onProcessingTime: () => undefined,
        suspendTimers: () => {},
      },
      undefined,
    );
    const scope = new StateScope(states.keys);
    scope.namespace = NAMESPACE;
    const windowContext = new WindowContext(
      new ProcessContext(context, states.keys, this.service),
      new ScopedStateStore(states, scope),
      new ScopedStateStore(states),
    );
    this.caller = new WindowCaller(context, spec, this.user, windowContext);
    this.late = new LateRecords(context, spec);
  }

  protected process(record: unknown, timestamp: number): void {
    this.enter(record);
    this.element(record, timestamp, this.keys!.slot);
  }

  compile({ code }: OperatorCode, record: string, timestamp: string, slot?: string): string {
    const find = slot ?? `${code.use(this.keySlots, 'slots')}.slotOf(${code.use(this.keyOf, 'keyOf')}(${record}))`;
    return `${this.enterText(code)}${code.use(this, 'panes')}.element(${record}, ${timestamp}, ${find});\n`;
  }

  element(record: unknown, timestamp: number, slot: number): void {
    const { panes, aggregate } = this;
    let pane = panes.last;
    if (!(timestamp >= pane.start && timestamp < pane.end)) {
      if (!hasTimestamp(timestamp)) this.refuse(record);
      const found = panes.at(timestamp);
      if (found === undefined) {
        this.late.take(record, timestamp);
        return;
      }
      pane = found;
    }
    const { values } = pane;
    let accumulator = slot < values.length ? values[slot] : undefined;
    if (accumulator === undefined) {
      pane.touch(slot);
      accumulator = aggregate.createAccumulator();
    }
    const result = aggregate.add(record, accumulator);
    values[slot] = typeof result === 'number' ? result : ownValue(settled(result, 'window-contents'));
  }

  /** The assigner says what is wrong with a record without a timestamp. */
  private refuse(record: unknown): void {
    const { assigner } = this.context.functions.function as WindowFunctions;
    assigner.assignWindows(record, Number.MIN_SAFE_INTEGER, { getCurrentProcessingTime: () => 0 });
  }

  protected override processWatermark(watermark: number): void {
    this.service.advanceWatermark(watermark);
    this.passWatermark(watermark, this.fireUntil(watermark));
  }

  /** Undefined when all is done; else what to wait for before it is called again. */
  private fireUntil(watermark: number): PromiseLike<unknown> | undefined {
    const { panes } = this;
    const since = performance.now();
    for (;;) {
      if (this.firing === undefined) {
        const start = panes.due(watermark);
        if (start === undefined) break;
        this.firing = new TimeWindow(start, start + panes.size);
        this.firingPanes = panes.panesOf(start);
        this.firings++;
        this.pane = 0;
        this.place = 0;
      }
      const wait = this.fire(this.firing, since);
      if (wait !== undefined) return wait;
      panes.close(this.firing.getStart());
      this.firing = undefined;
    }
    panes.closeAt(watermark);
    return undefined;
  }

  private fire(window: TimeWindow, since: number): PromiseLike<unknown> | undefined {
    const { seen, firings, firingPanes } = this;
    this.position.current = this.index;
    while (seen.length < this.keys!.keySlots.size) seen.push(0);
    let fired = 0;
    for (; this.pane < firingPanes; this.pane++, this.place = 0) {
      const { touched } = this.panes.live[this.pane]!;
      while (this.place < touched.length) {
        const slot = touched[this.place++]!;
        if (seen[slot] === firings) continue;
        seen[slot] = firings;
        const wait = this.fireSlot(window, slot);
        if (isThenable(wait)) return wait;
        if (++fired % LOOK_AFTER > 0) continue;
        const room = this.context.task.whenRoom(since);
        if (room !== undefined) return room;
      }
    }
    return undefined;
  }

  private fireSlot(window: TimeWindow, slot: number): unknown {
    const result = this.aggregate.getResult(this.accumulatorOf(slot));
    if (result === undefined || result === null) return undefined;
    this.keys!.slot = slot;
    const wait = this.caller.call(window, [result]);
    if (isThenable(wait)) return wait.then(() => this.over(window));
    this.over(window);
    return undefined;
  }

  /** Of the key in the window that fires: the pane's own, or one of its own. */
  private accumulatorOf(slot: number): unknown {
    const { live } = this.panes;
    if (this.isSingle) return live[this.pane]!.values[slot];
    const { aggregate, firingPanes } = this;
    // Merge may change and give either of both, and a pane is needed again.
    let merged = copyAccumulator(live[this.pane]!.values[slot]);
    for (let i = this.pane + 1; i < firingPanes; i++) {
      const { values } = live[i]!;
      const value = slot < values.length ? values[slot] : undefined;
      if (value !== undefined) merged = settled(aggregate.merge(merged, copyAccumulator(value)), 'window-contents');
    }
    return merged;
  }

  private over(window: TimeWindow): void {
    this.caller.clear(window);
    this.context.states!.dropNamespace(NAMESPACE);
  }
}
