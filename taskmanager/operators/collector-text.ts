/** Text of the collector that the author's function is given in a compiled chain. */
import { copyRecord } from '../../core/types/index.js';
import type { OperatorCode, OperatorContext } from './operator.js';

export interface CollectorTextOptions {
  context: OperatorContext;
  /** Text that says whose code runs next. */
  enter: string;
  /** An expression for the timestamp of what is collected. */
  timestamp: string;
  /** The author's function may keep what it collects. */
  copies: boolean;
}

/** Declares it, and gives its name. What is collected goes on as statements of the same text: V8 inlines them into the author's loop. */
export function collectorText({ code, next }: OperatorCode, options: CollectorTextOptions): string {
  const { context, enter, timestamp, copies } = options;
  const out = code.name('out');
  const record = copies ? `${code.use(copyRecord, 'copyRecord')}(given)` : 'given';
  const interpreted = `${code.use(context.output, 'output')}.collect(record, ${timestamp});`;
  code.declare(
    `const ${out} = new (class Collector {\ncollect(${copies ? 'given' : 'record'}) {\n` +
      `${copies ? `const record = ${record};\n` : ''}` +
      `if (${code.use(context.task.mode, 'mode')}.interpreted) { ${interpreted} } else {\n${next('record', timestamp)}}\n` +
      `${enter}}\nclose() {}\n})();`,
  );
  return out;
}
