import type { DriverEvents, ResourceManagerDriver } from '../../../applicationmaster/resourcemanager/driver.js';
import { MillraceError } from '../../../core/errors.js';

/** A driver all of whose workers end before they register. */
export class FailingDriver implements ResourceManagerDriver {
  readonly maxWorkers = undefined;
  readonly slotsPerWorker = 1;
  readonly capDescription = '';
  readonly releasesIdleWorkers = true;
  /** How many were ever asked for. */
  started = 0;
  private events!: DriverEvents;
  private starting = 0;

  async start(events: DriverEvents): Promise<void> {
    this.events = events;
  }

  setWantedWorkers(total: number): void {
    for (; this.starting < total; this.starting++) {
      const id = `worker-${++this.started}`;
      setImmediate(() => {
        this.starting--;
        this.events.onWorkerTerminated(id, new MillraceError('TASK_MANAGER_LOST', `${id} has no Node`));
      });
    }
  }

  releaseWorker(): void {}

  describeWaiting(): undefined {
    return undefined;
  }

  async terminationOf(): Promise<undefined> {
    return undefined;
  }

  async deregister(): Promise<void> {}

  async close(): Promise<void> {}
}
