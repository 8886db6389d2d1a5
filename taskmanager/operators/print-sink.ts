/** HOT PATH */
import type { LatencyMarker } from '../../core/protocol/index.js';
import { formatRecord } from '../../core/types/index.js';
import type { OneInputOperator, OperatorContext, TaskContext } from './operator.js';

/**
 * Writes records to standard output or error as lines, with Flink's prefix: `2> ` names the subtask when there are
 * several, `name> ` or `name:2> ` with a name. Lines go out at the end of each time slice, synchronously: what was
 * printed is there even if the slot is stopped next.
 */
export class PrintSink implements OneInputOperator {
  readonly takesCopies = true;
  private readonly task: TaskContext;
  private readonly prefix: string;
  private readonly stream: 'out' | 'err';
  private lines = '';

  constructor(
    private readonly context: OperatorContext,
    { stderr, prefix }: { stderr: boolean; prefix: string },
  ) {
    this.task = context.task;
    this.stream = stderr ? 'err' : 'out';
    const subtask = this.task.vertex.parallelism > 1 ? String(this.task.subtaskIndex + 1) : '';
    const name = [prefix, subtask].filter(part => part !== '').join(':');
    this.prefix = name === '' ? '' : `${name}> `;
  }

  collect(record: unknown): void {
    this.lines += `${this.prefix}${formatRecord(record)}\n`;
    if (this.lines.length > 32_768) this.endOfSlice();
  }

  emitWatermark(): void {}
  emitStatus(): void {}

  emitLatencyMarker(marker: LatencyMarker): void {
    this.task.onLatencyMarker(this.context.index, marker);
  }

  endOfSlice(): void {
    if (this.lines === '') return;
    const lines = this.lines;
    this.lines = '';
    this.task.print(this.stream, lines);
  }

  close(): void {
    this.endOfSlice();
  }
}
