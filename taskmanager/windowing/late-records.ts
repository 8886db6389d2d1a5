import type { Counter, RuntimeContext } from '../../api/index.js';
import type { WindowSpec } from '../../core/graph/index.js';
import type { OperatorContext, Output } from '../operators/operator.js';

/** Where records go that are too late for all their windows: into a side output, or nowhere, but counted. */
export class LateRecords {
  private readonly output: Output | undefined;
  private readonly dropped: Counter;
  private readonly isDropped: boolean;

  constructor(
    private readonly context: OperatorContext,
    spec: WindowSpec,
  ) {
    this.isDropped = spec.lateOutput === undefined;
    this.output = spec.lateOutput === undefined ? undefined : context.sideOutputs.get(spec.lateOutput);
    this.dropped = (context.runtimeContext as RuntimeContext).getMetricGroup().counter('numLateRecordsDropped');
  }

  take(record: unknown, timestamp: number): void {
    if (this.isDropped) this.dropped.inc();
    else this.output?.collect(record, timestamp);
    this.context.task.position.current = this.context.index;
  }
}
