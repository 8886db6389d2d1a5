/** HOT PATH */
import type { LatencyMarker } from '../../core/protocol/index.js';
import { type KeyContext, NO_KEY } from '../state/key-context.js';
import type { KeySlots } from '../state/key-slots.js';
import { type Code, thenable } from '../task/code.js';
import type { OneInputOperator, OperatorContext, Output, TaskEnd } from './operator.js';
import type { UserFunction } from './user-function.js';

type Waiting =
  | { record: unknown; timestamp: number }
  | { watermark: number }
  | { idle: boolean }
  | { marker: LatencyMarker };

/**
 * An operator around a function of the author's with one input. If the function returns a thenable, what comes next
 * waits in order until it settles, and the task takes no further input; a function that returns values costs one check.
 */
export abstract class UserOperator<F extends (...args: never[]) => unknown> implements OneInputOperator {
  readonly takesCopies = false;
  /** Where the input's keys find their slots: of operators that work by key, and once the author's function has keyed state. */
  keySlots: KeySlots | undefined = undefined;
  protected readonly output: Output;
  protected readonly position: OperatorContext['task']['position'];
  protected readonly index: number;
  /** Set once the current key has to be known. */
  protected keys: KeyContext | undefined;
  protected readonly keyOf: ((record: unknown) => unknown) | undefined;
  private waiting: Waiting[] | undefined;

  constructor(
    protected readonly context: OperatorContext,
    protected readonly user: UserFunction<F>,
    /** Which input of the operator it works for. */
    input = 0,
  ) {
    this.keyOf = context.functions.keySelectors?.[input];
    if (this.keyOf) context.states?.whenUsed(() => this.useKeys());
    this.output = context.output;
    this.position = context.task.position;
    this.index = context.index;
  }

  /** Calls the function for one record; a thenable goes to `suspend` with what to do when it has settled. */
  protected abstract process(record: unknown, timestamp: number): void;

  collect(record: unknown, timestamp: number): void {
    if (this.waiting === undefined) this.process(record, timestamp);
    else this.waiting.push({ record, timestamp });
  }

  emitWatermark(watermark: number): void {
    if (this.waiting === undefined) this.processWatermark(watermark);
    else this.waiting.push({ watermark });
  }

  /** In its turn, when nothing is waited for; may suspend. */
  protected processWatermark(watermark: number): void {
    this.output.emitWatermark(watermark);
  }

  /** Hands a watermark on when all that it set off is done; until then `processWatermark` is called again after each `wait`. */
  protected passWatermark(watermark: number, wait: PromiseLike<unknown> | undefined): void {
    if (wait === undefined) this.output.emitWatermark(watermark);
    else this.suspend(wait, () => this.processWatermark(watermark));
  }

  emitStatus(idle: boolean): void {
    if (this.waiting === undefined) this.processStatus(idle);
    else this.waiting.push({ idle });
  }

  /** In its turn. */
  protected processStatus(idle: boolean): void {
    this.output.emitStatus(idle);
  }

  emitLatencyMarker(marker: LatencyMarker): void {
    if (this.waiting === undefined) this.processLatencyMarker(marker);
    else this.waiting.push({ marker });
  }

  /** In its turn. */
  protected processLatencyMarker(marker: LatencyMarker): void {
    this.context.task.onLatencyMarker(this.index, marker);
    this.output.emitLatencyMarker(marker);
  }

  /** From here on the author's function finds state and timers by key. */
  protected useKeys(): void {
    this.keys = this.context.states!.keys;
    this.keySlots = this.keys.keySlots;
  }

  /** The author's code runs next, for this record. */
  protected enter(record: unknown): void {
    this.position.current = this.index;
    if (this.keys !== undefined) this.keys.slot = this.keys.keySlots.slotOf(this.keyOf!(record));
  }

  /** Text that says whose code runs next. */
  protected enterText(code: Code): string {
    return `${code.use(this.position, 'at')}.current = ${this.index};\n`;
  }

  /** Text that does as `enter`; `slot` is an expression for that of the record's key, where it is known. */
  protected enterWithText(code: Code, record: string, slot: string | undefined): string {
    if (this.keys === undefined) return this.enterText(code);
    const find = slot ?? `${code.use(this.keySlots, 'slots')}.slotOf(${code.use(this.keyOf, 'keyOf')}(${record}))`;
    return `${this.enterText(code)}${code.use(this.keys, 'keys')}.slot = ${find};\n`;
  }

  /** Text that goes on with a result, or leaves it to `await(result, …)` of this operator if it is a promise. */
  protected whenSettledText(code: Code, result: string, args: string, then: string): string {
    return `if (${thenable(result)}) ${code.use(this, 'operator')}.await(${result}, ${args}); else {\n${then}}\n`;
  }

  /** What `endKeys` is of a function whose keyed state is all that it has. */
  protected forgetKeys(): void {
    this.context.states?.clear();
  }

  open(): void | Promise<void> {
    return this.user.open();
  }

  endOfSlice(): void {
    if (this.keys !== undefined) this.context.states!.sweep();
  }

  close(_end: TaskEnd): void | Promise<void> {
    // No record's key is there any more.
    if (this.keys !== undefined) this.keys.slot = NO_KEY;
    return this.user.close();
  }

  protected suspend<T>(thenable: PromiseLike<T>, resume: (value: T) => void): void {
    this.waiting = [];
    this.context.task.suspend(this.index, thenable, value => {
      const waited = this.waiting ?? [];
      this.waiting = undefined;
      resume(value);
      this.replay(waited);
    });
  }

  /** What came meanwhile, in order; it may suspend again, then the rest goes on waiting. */
  private replay(waited: Waiting[]): void {
    for (let i = 0; i < waited.length; i++) {
      if (this.waiting !== undefined) {
        (this.waiting as Waiting[]).push(...waited.slice(i));
        return;
      }
      const next = waited[i]!;
      if ('record' in next) this.process(next.record, next.timestamp);
      else if ('watermark' in next) this.processWatermark(next.watermark);
      else if ('marker' in next) this.processLatencyMarker(next.marker);
      else this.processStatus(next.idle);
    }
  }
}
