/** HOT PATH */
import type { KeyContext } from '../state/key-context.js';
import type { InternalTimerService } from '../timers/internal-timer-service.js';
import type { WindowNamespaces } from './window-namespaces.js';

/** Timers of the current key and a window: each holds the window's number. */
export class WindowTimers {
  constructor(
    private readonly timers: InternalTimerService,
    private readonly keys: KeyContext,
    private readonly namespaces: WindowNamespaces,
  ) {}

  register(inEventTime: boolean, window: number, time: number): void {
    const { timers, keys } = this;
    const isNew = inEventTime
      ? timers.registerEventTimeTimer(keys.slot, window, time)
      : timers.registerProcessingTimeTimer(keys.slot, window, time);
    if (isNew) this.namespaces.retain(window);
  }

  delete(inEventTime: boolean, window: number, time: number): void {
    const { timers, keys } = this;
    const wasThere = inEventTime
      ? timers.deleteEventTimeTimer(keys.slot, window, time)
      : timers.deleteProcessingTimeTimer(keys.slot, window, time);
    if (wasThere) this.namespaces.release(window);
  }
}
