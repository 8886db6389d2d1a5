/** HOT PATH */
import { copyRecord, ownString } from '../../core/types/index.js';
import { columnName } from '../state/column-set.js';
import type { KeySlots } from '../state/key-slots.js';
import { SlotValues } from '../state/slot-values.js';
import { recordText, takeApart } from '../task/record-text.js';
import { KeyResults } from './key-results.js';
import { keySelectorOf } from './key-selector.js';
import type { OperatorCode, OperatorContext } from './operator.js';
import { isThenable, UserFunction } from './user-function.js';
import { UserOperator } from './user-operator.js';

type Reducer = (accumulated: unknown, value: unknown) => unknown;

/** Reduces the records of a key, and emits each new value; in batch mode the last one only. */
export class ReduceOperator extends UserOperator<Reducer> {
  override keySlots: KeySlots;
  readonly endsKeysTogether = true;
  private readonly reduce: Reducer;
  protected override readonly keyOf: (record: unknown) => unknown;
  private readonly values = new SlotValues();
  /** The state keeps what it emits: the next operator gets a copy unless it takes its own. */
  private readonly copies: boolean;
  private readonly results: KeyResults | undefined = undefined;

  constructor(context: OperatorContext) {
    super(context, new UserFunction<Reducer>(context, 'reduce'));
    this.reduce = this.user.call;
    this.keyOf = keySelectorOf(context);
    // Each key has a value, for ever.
    context.states!.keys.forgetNone();
    this.keySlots = context.states!.keys.keySlots;
    if (context.task.batch) this.results = new KeyResults(context, this.values);
    this.copies = !context.output.takesCopies && !context.task.objectReuse;
  }

  protected process(record: unknown, timestamp: number): void {
    this.position.current = this.index;
    const slot = this.keySlots.slotOf(this.keyOf(record));
    if (this.keys !== undefined) this.keys.slot = slot;
    if (slot === this.values.count) {
      this.keep(slot, record, timestamp);
      return;
    }
    const result = this.reduce(this.values.get(slot), record);
    if (isThenable(result)) this.await(result, slot, timestamp);
    else this.keep(slot, result, timestamp);
  }

  await(result: PromiseLike<unknown>, slot: number, timestamp: number): void {
    this.suspend(result, value => this.keep(slot, value, timestamp));
  }

  compile(c: OperatorCode, record: string, timestamp: string, slot?: string): string {
    const { code } = c;
    this.values.becomeColumns();
    const values = code.use(this.values, 'values');
    const [at, result] = [code.name('slot'), code.name('reduced')];
    const current = this.keys === undefined ? '' : `${code.use(this.keys, 'keys')}.slot = ${at};\n`;
    const find = slot ?? `${code.use(this.keySlots, 'slots')}.slotOf(${code.use(this.keyOf, 'keyOf')}(${record}))`;
    return (
      `${this.enterText(code)}const ${at} = ${find};\n${current}let ${result};\n` +
      `if (${at} === ${values}.count) { ${values}.append(); ${result} = ${record}; }\n` +
      `else ${result} = ${code.use(this.reduce, 'reduce')}(${this.stateText(code, values, at)}, ${record});\n` +
      this.whenSettledText(code, result, `${at}, ${timestamp}`, this.keepText(c, values, at, result, timestamp))
    );
  }

  private keep(slot: number, value: unknown, timestamp: number): void {
    this.values.set(slot, value);
    if (this.results === undefined) this.output.collect(this.copies ? copyRecord(value) : value, timestamp);
  }

  endKeys(): void {
    this.results?.emit(() => {});
  }

  protected override processWatermark(watermark: number): void {
    if (this.results === undefined) this.output.emitWatermark(watermark);
    else this.results.emit(() => this.output.emitWatermark(watermark));
  }

  /** An expression for the value of a slot: from columns a fresh one, which V8 need not even make. */
  private stateText(code: OperatorCode['code'], values: string, slot: string): string {
    const { layout } = this.values;
    if (!layout) return `${values}.get(${slot})`;
    const fresh = recordText(
      layout,
      layout.fields.map((_, i) => `${values}.${columnName(i)}[${slot}]`),
    );
    return `(${values}.layout === ${code.use(layout, 'layout')} ? ${fresh} : ${values}.get(${slot}))`;
  }

  private keepText(
    { code, next }: OperatorCode,
    values: string,
    slot: string,
    value: string,
    timestamp: string,
  ): string {
    const { layout } = this.values;
    const emit = (what: string): string => (this.results === undefined ? next(what, timestamp) : '');
    const copied = this.copies ? `${code.use(copyRecord, 'copyRecord')}(${value})` : value;
    if (!layout) return `${values}.set(${slot}, ${value});\n${emit(copied)}`;
    const [stored, unfit, emitted] = [code.name('stored'), code.name('unfit'), code.name('emitted')];
    const taken = takeApart(code, layout, value, `break ${unfit}`);
    const store = layout.fields.map(({ kind }, i) => {
      const [column, part] = [`${values}.${columnName(i)}`, taken.names[i]!];
      if (kind !== 'str') return `${column}[${slot}] = ${part};`;
      return `if (${column}[${slot}] !== ${part}) ${column}[${slot}] = ${code.use(ownString, 'ownString')}(${part});`;
    });
    return (
      `let ${emitted} = ${value};\n${stored}: { ${unfit}: {\n` +
      `if (${values}.layout !== ${code.use(layout, 'layout')}) break ${unfit};\n${taken.text}${store.join(' ')}\nbreak ${stored};\n}\n` +
      `${values}.set(${slot}, ${value}); ${emitted} = ${copied};\n}\n${emit(emitted)}`
    );
  }
}
