import { copyRecord, type RecordBatch, type RecordLayout } from '../../core/types/index.js';
import { ResultPartition } from '../network/result-partition.js';
import { getsCopy, NOWHERE } from '../operators/fan-out.js';
import type {
  CompiledOutput,
  OneInputOperator,
  Operator,
  OperatorInput,
  Output,
  TaskContext,
} from '../operators/operator.js';
import type { Chain } from './chain.js';
import { Code } from './code.js';
import { type BatchFunction, columnsText, formOf, rowsText } from './input-text.js';
import { partitionText } from './partition-text.js';

interface BatchFunctionOf {
  input: number;
  layout: RecordLayout | undefined;
  form: number;
  run: BatchFunction;
}

const MAX_FUNCTIONS = 16;

/**
 * A chain as functions: one for each form of batch that comes in at an input, or one that a source calls. Operators write themselves
 * into them, the author's functions are their parameters, so V8 sees one loop that is this job's only. They are written
 * when they are first needed, and anew after `invalidate`.
 */
export class CompiledChain implements CompiledOutput {
  private functions: BatchFunctionOf[] = [];

  constructor(
    private readonly chain: Chain,
    private readonly task: TaskContext,
  ) {}

  /** What the functions were written for has changed: the layout of an edge, say. */
  invalidate(): void {
    this.functions = [];
  }

  functionFor(batch: RecordBatch, input: number): BatchFunction {
    const { layout } = batch;
    const form = formOf(batch);
    for (const known of this.functions) {
      if (known.layout === layout && known.form === form && known.input === input) return known.run;
    }
    const made = { input, layout, form, run: this.batchFunction(batch, this.chain.inputs[input]!) };
    // A stream that changes its layout again and again would fill the list.
    if (this.functions.push(made) > MAX_FUNCTIONS) this.functions.shift();
    return made.run;
  }

  /** What a source calls for a record that it has. */
  collectFunction(): Output['collect'] {
    const code = new Code();
    const { mode, position } = this.task;
    const head = `${code.use(this.chain.headOutput, 'output')}.collect(record, timestamp);`;
    const text = this.after(code, 0, 'record', 'timestamp');
    const interpreted = `${code.use(mode, 'mode')}.interpreted`;
    const time = this.chain.sourceOutput!.timestampText(code, 'timestamp');
    const timed = time === 'timestamp' ? '' : `timestamp = ${time};\n`;
    return code.build(
      `function collect(record, timestamp) {\n${code.use(position, 'at')}.cursor++;\n${timed}if (${interpreted}) { ${head} } else {\n${text}}\n}`,
      this.title,
    );
  }

  sequenceFunction(): (from: number, to: number) => number {
    const code = new Code();
    // One look at the clock for as many as a step has.
    const time = this.chain.sourceOutput!.timestampText(code, 'NaN');
    const text = this.after(code, 0, 'record', time === 'NaN' ? 'NaN' : 'time');
    const interpreted = `${code.use(this.task.mode, 'mode')}.interpreted`;
    return code.build(
      `function sequence(from, end) {\nconst time = ${time};\nlet i = from;\ntry {\n` +
        `while (i < end) {\nconst record = i++;\n${text}if (${interpreted}) break;\n}\n` +
        `} finally { ${code.use(this.task.position, 'at')}.cursor += i - from; }\nreturn i;\n}`,
      this.title,
    );
  }

  private batchFunction(batch: RecordBatch, head: OperatorInput): BatchFunction {
    const code = new Code();
    const { position, mode } = this.task;
    const each = (record: string, timestamp: string, slot?: string): string =>
      this.operatorText(code, head, 0, record, timestamp, slot);
    const text =
      batch.layout === undefined
        ? rowsText(code, batch.timestamps !== undefined, position, mode, each)
        : columnsText(code, batch, head.keySlots, position, mode, each);
    return code.build(text, this.title);
  }

  private operatorText(
    code: Code,
    operator: OperatorInput,
    index: number,
    record: string,
    timestamp: string,
    slot?: string,
  ): string {
    const next = (r: string, t: string): string => this.after(code, index, r, t);
    return (
      operator.compile?.({ code, next }, record, timestamp, slot) ?? collectText(code, operator, record, timestamp)
    );
  }

  /** What follows an operator: each of its outputs, with a record of its own. */
  private after(code: Code, index: number, record: string, timestamp: string): string {
    const outputs = this.chain.outputs[index]!;
    let text = '';
    for (const [i, output] of outputs.entries()) {
      if (!getsCopy(outputs, i, this.task.objectReuse)) text += this.outputText(code, output, record, timestamp);
      else {
        const copy = code.name('copy');
        text += `const ${copy} = ${code.use(copyRecord, 'copyRecord')}(${record});\n${this.outputText(code, output, copy, timestamp)}`;
      }
    }
    return text;
  }

  private outputText(code: Code, output: Output, record: string, timestamp: string): string {
    if (output === NOWHERE) return '';
    if (output instanceof ResultPartition) return partitionText(code, output, record, timestamp);
    const index = this.chain.operators.indexOf(output as Operator);
    if (index >= 0) return this.operatorText(code, output as OneInputOperator, index, record, timestamp);
    return collectText(code, output, record, timestamp);
  }

  private get title(): string {
    return this.task.vertex.name.replace(/[^\w.-]+/g, '-').slice(0, 60);
  }
}

const collectText = (code: Code, output: Output, record: string, timestamp: string): string =>
  `${code.use(output, 'output')}.collect(${record}, ${timestamp});\n`;
