import type { KeyedStateStore, OutputTag, ProcessWindowFunction, Window } from '../../api/index.js';
import { MillraceError } from '../../core/errors.js';
import type { ProcessContext } from '../operators/process-context.js';

/** What a window function is told beside the records: one object for all keys and windows of an operator. */
export class WindowContext implements ProcessWindowFunction.Context<Window> {
  private current!: Window;

  constructor(
    private readonly process: ProcessContext,
    private readonly ofWindow: KeyedStateStore | undefined,
    private readonly ofKey: KeyedStateStore,
  ) {}

  enter(window: Window): void {
    this.current = window;
    this.process.current = window.maxTimestamp();
  }

  window(): Window {
    return this.current;
  }

  currentProcessingTime(): number {
    return this.process.currentProcessingTime();
  }

  currentWatermark(): number {
    return this.process.currentWatermark();
  }

  windowState(): KeyedStateStore {
    if (this.ofWindow) return this.ofWindow;
    throw new MillraceError('ILLEGAL_STATE', 'Per-window state is not allowed when using merging windows.', {
      domain: 'user',
    });
  }

  globalState(): KeyedStateStore {
    return this.ofKey;
  }

  output<X>(tag: OutputTag<X>, value: X): void {
    this.process.output(tag as OutputTag<unknown>, value);
  }
}
