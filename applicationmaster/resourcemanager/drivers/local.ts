import { MillraceError, messageOf } from '../../../core/errors.js';
import type { Closeable } from '../../../core/lifecycle.js';
import type { DriverEvents, ResourceManagerDriver } from '../driver.js';

/** A TaskManager in this process. */
export interface LocalWorker extends Closeable {
  /** Resolves when it has ended: with the reason where that was not asked for. */
  readonly ended: Promise<MillraceError | undefined>;
}

export interface LocalDriverOptions {
  workers: number;
  slotsPerWorker: number;
  startWorker(workerId: string): Promise<LocalWorker>;
}

/** TaskManagers in the ApplicationMaster's own process, a fixed number of them: the MiniCluster. */
export class LocalDriver implements ResourceManagerDriver {
  readonly maxWorkers: number;
  readonly slotsPerWorker: number;
  readonly capDescription: string;
  readonly releasesIdleWorkers = false;
  private readonly workers = new Map<string, Promise<LocalWorker>>();
  private events: DriverEvents | undefined;
  private nextId = 1;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: LocalDriverOptions) {
    this.maxWorkers = options.workers;
    this.slotsPerWorker = options.slotsPerWorker;
    this.capDescription = `${options.workers} TaskManagers × ${options.slotsPerWorker} slots`;
  }

  async start(events: DriverEvents): Promise<void> {
    this.events = events;
  }

  setWantedWorkers(total: number): void {
    const wanted = Math.min(total, this.maxWorkers);
    while (this.workers.size < wanted && !this.closing) this.startOne();
  }

  /** They are as many as were asked for, and cost nothing: none is given back. */
  releaseWorker(_workerId: string): void {}

  describeWaiting(): undefined {
    return undefined;
  }

  async terminationOf(): Promise<undefined> {
    return undefined;
  }

  async deregister(): Promise<void> {}

  close(): Promise<void> {
    this.closing ??= (async () => {
      const workers = await Promise.allSettled(this.workers.values());
      await Promise.all(workers.map(w => (w.status === 'fulfilled' ? w.value.close() : undefined)));
    })();
    return this.closing;
  }

  private startOne(): void {
    const id = `local-${this.nextId++}`;
    const worker = this.options.startWorker(id);
    this.workers.set(id, worker);
    const gone = (reason: MillraceError): void => {
      this.workers.delete(id);
      if (!this.closing) this.events?.onWorkerTerminated(id, reason);
    };
    worker.then(
      async w => {
        this.events?.onWorkerStarted(id);
        gone((await w.ended) ?? new MillraceError('TASK_MANAGER_LOST', `TaskManager ${id} ended`));
      },
      (error: unknown) =>
        gone(
          error instanceof MillraceError ? error : new MillraceError('INTERNAL', messageOf(error), { cause: error }),
        ),
    );
  }
}
