/** HOT PATH */
import {
  type RuntimeContext,
  type TimestampAssigner,
  Watermark,
  type WatermarkGenerator,
  type WatermarkStrategy,
} from '../../api/index.js';
import { MillraceError } from '../../core/errors.js';
import type { LatencyMarker } from '../../core/protocol/index.js';
import { copyRecord, hasTimestamp } from '../../core/types/index.js';
import { isEventTime, noEventTime } from './event-time.js';
import { NOWHERE } from './fan-out.js';
import type { OneInputOperator, OperatorCode, OperatorContext, Output } from './operator.js';
import { WatermarkEmitter } from './watermark-emitter.js';

/** What assigners are told of a record that has no timestamp. */
const NONE = Number.MIN_SAFE_INTEGER;

/**
 * assignTimestampsAndWatermarks: gives records their event timestamps, and begins event time anew. Watermarks and idleness
 * of what comes before end here, except that the end of the input is the end of event time.
 */
export class TimestampsAndWatermarksOperator implements OneInputOperator {
  readonly takesCopies = false;
  private readonly output: Output;
  private readonly emitter: WatermarkEmitter;
  private assigner: TimestampAssigner<unknown> | undefined;
  private generator!: WatermarkGenerator<unknown>;
  private readsEvents = true;
  /** The generator sees a record after the next operator had it, and must see what came. */
  private copies = false;

  constructor(private readonly context: OperatorContext) {
    this.output = context.output;
    this.emitter = new WatermarkEmitter(context.task.batch ? NOWHERE : context.output);
  }

  open(): void {
    const { task, index } = this.context;
    const strategy = this.strategy();
    const runtime = this.context.runtimeContext as RuntimeContext;
    const context = {
      getMetricGroup: () => runtime.getMetricGroup(),
      getInputActivityClock: () => ({ relativeTimeMillis: () => task.processingTime.now() }),
    };
    this.assigner = strategy.createTimestampAssigner?.(context);
    this.generator = strategy.createWatermarkGenerator(context);
    this.readsEvents = (this.generator as { readsEvents?: boolean }).readsEvents !== false;
    this.copies = this.readsEvents && !this.output.takesCopies && !task.objectReuse;
    const interval = task.autoWatermarkInterval;
    if (interval <= 0) return;
    const timer = task.processingTime.timer(index, () => {
      this.generator.onPeriodicEmit(this.emitter);
      timer.at(task.processingTime.now() + interval);
    });
    timer.at(task.processingTime.now() + interval);
  }

  collect(record: unknown, timestamp: number): void {
    this.context.task.position.current = this.context.index;
    const assigned = this.assigner ? this.assign(record, timestamp) : timestamp;
    this.output.collect(this.copies ? copyRecord(record) : record, assigned);
    this.context.task.position.current = this.context.index;
    this.generator.onEvent(record, hasTimestamp(assigned) ? assigned : NONE, this.emitter);
  }

  compile({ code, next }: OperatorCode, record: string, timestamp: string): string {
    const enter = `${code.use(this.context.task.position, 'at')}.current = ${this.context.index};\n`;
    const time = code.name('time');
    const previous = timestamp === 'NaN' ? NONE : `(${timestamp} === ${timestamp} ? ${timestamp} : ${NONE})`;
    const assigned = this.assigner
      ? `${code.use(this.assigner, 'assigner')}.extractTimestamp(${record}, ${previous})`
      : timestamp;
    const check = this.assigner
      ? `if (typeof ${time} !== 'number' || ${time} !== ${time}) ${code.use(this, 'operator')}.refuse(${time});\n`
      : '';
    const known = this.assigner ? time : previous;
    const handed = this.copies ? code.name('copy') : record;
    const copy = this.copies ? `const ${handed} = ${code.use(copyRecord, 'copyRecord')}(${record});\n` : '';
    return (
      `${enter}const ${time} = ${assigned};\n${check}${copy}${next(handed, time)}${this.readsEvents ? enter : ''}` +
      `${code.use(this.generator, 'generator')}.onEvent(${record}, ${known}, ${code.use(this.emitter, 'emitter')});\n`
    );
  }

  emitWatermark(watermark: number): void {
    if (watermark !== Number.MAX_SAFE_INTEGER) return;
    if (this.context.task.batch) this.output.emitWatermark(watermark);
    else this.emitter.emitWatermark(Watermark.MAX_WATERMARK);
  }

  /** Its generator says what is idle. */
  emitStatus(_idle: boolean): void {}

  emitLatencyMarker(marker: LatencyMarker): void {
    this.context.task.onLatencyMarker(this.context.index, marker);
    this.output.emitLatencyMarker(marker);
  }

  private assign(record: unknown, timestamp: number): number {
    const assigned: unknown = this.assigner!.extractTimestamp(record, hasTimestamp(timestamp) ? timestamp : NONE);
    return isEventTime(assigned) ? assigned : this.refuse(assigned);
  }

  refuse(timestamp: unknown): never {
    throw noEventTime('the timestamp assigner gave', timestamp);
  }

  private strategy(): WatermarkStrategy<unknown> {
    const given = this.context.functions.function as Partial<WatermarkStrategy<unknown>> | undefined;
    if (typeof given?.createWatermarkGenerator === 'function') return given as WatermarkStrategy<unknown>;
    throw new MillraceError(
      'INVALID_PROGRAM',
      `'${this.context.operator.name}' has no strategy: assignTimestampsAndWatermarks needs a WatermarkStrategy.`,
    );
  }
}
