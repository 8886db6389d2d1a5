/** HOT PATH */
import type { SlotValues } from '../state/slot-values.js';
import type { OperatorContext } from './operator.js';

/** Results between two looks at the outputs. */
const LOOK_AFTER = 64;

/** In batch mode, what an operator that has one value a key emits: each value once, when its key has had all of its records. */
export class KeyResults {
  private emitted = 0;

  constructor(
    private readonly context: Pick<OperatorContext, 'task' | 'index' | 'output' | 'states'>,
    private readonly values: SlotValues,
  ) {}

  /** Emits all values, forgets them and their keys, and calls `done`; later if outputs are full. */
  emit(done: () => void): void {
    const { task, index, output, states } = this.context;
    const { values } = this;
    const since = performance.now();
    while (this.emitted < values.count) {
      // As in Flink these come at the end of event time.
      output.collect(values.get(this.emitted++), Number.MAX_SAFE_INTEGER);
      const wait = this.emitted % LOOK_AFTER === 0 ? task.whenRoom(since) : undefined;
      if (wait !== undefined) {
        task.suspend(index, wait, () => this.emit(done));
        return;
      }
    }
    this.emitted = 0;
    values.clear();
    states!.clear();
    done();
  }
}
