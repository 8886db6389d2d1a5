import type { MillraceError } from '../../../core/errors.js';
import type { DriverEvents, ResourceManagerDriver } from '../driver.js';

/** TaskManagers come and go as somebody starts and stops them. */
export class StandaloneDriver implements ResourceManagerDriver {
  readonly maxWorkers = undefined;
  readonly slotsPerWorker = 1;
  readonly capDescription = '';
  readonly releasesIdleWorkers = false;

  async start(_events: DriverEvents): Promise<void> {}
  setWantedWorkers(_total: number): void {}
  releaseWorker(_workerId: string): void {}
  describeWaiting(): string {
    return 'start more TaskManagers, or wait for other jobs to end';
  }
  async terminationOf(): Promise<MillraceError | undefined> {
    return undefined;
  }
  async deregister(): Promise<void> {}
  close(): void {}
}
