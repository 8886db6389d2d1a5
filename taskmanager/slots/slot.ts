import { MillraceError, serializeError } from '../../core/errors.js';
import type {
  HostPort,
  JobInformation,
  SlotReport,
  TaskDeploymentDescriptor,
  TaskStateUpdate,
} from '../../core/protocol/index.js';
import type { SlotHost, SlotHostFactory, SlotUsage } from './slot-host.js';

export interface SlotOptions {
  index: number;
  createHost: SlotHostFactory;
  /** Milliseconds that a canceled task, or a host that is closed, may take; 0: for ever. */
  cancellationTimeoutMs: number;
  onState(update: TaskStateUpdate): void;
  onWarning(message: string): void;
  /** Its host was replaced: it can be given to another job. */
  onAvailable(report: SlotReport): void;
  /** The process must end: something does not stop. */
  onFatal(error: MillraceError): void;
}

interface Allocation {
  id: string;
  job: JobInformation;
}

const ENDED: ReadonlySet<TaskStateUpdate['state']> = new Set(['FINISHED', 'CANCELED', 'FAILED']);

/**
 * One slot as the ApplicationMaster knows it: free, held by an allocation, or being renewed. Its host serves one
 * allocation; freeing the slot closes it and starts a fresh one.
 */
export class Slot {
  private host: SlotHost | undefined;
  private allocation: Allocation | undefined;
  /** The host has not run anything. One that died was replaced while its allocation still held the slot. */
  private unused = true;
  /** Set while the host is replaced. */
  private renewal: Promise<void> | undefined;
  /** Executions that have not ended, with the timer of their cancellation. */
  private readonly executions = new Map<string, { jobId: string; timer?: NodeJS.Timeout }>();
  /** The host that is being closed. */
  private ending: SlotHost | undefined;
  private closed = false;

  constructor(private readonly options: SlotOptions) {}

  get index(): number {
    return this.options.index;
  }

  /** Starts the host; the slot is free then. */
  async start(): Promise<void> {
    let host: SlotHost | undefined;
    let early: Error | undefined;
    const died = (error: Error): void => {
      if (host === undefined) early = error;
      else if (this.host === host) this.onDied(error);
    };
    host = await this.options.createHost(this.index, {
      onState: update => this.onState(update),
      onWarning: message => this.options.onWarning(message),
      onDied: died,
    });
    if (early) throw early;
    this.host = host;
  }

  get address(): HostPort | undefined {
    return this.host?.data;
  }

  report(): SlotReport {
    const { allocation } = this;
    return {
      index: this.index,
      data: this.liveHost().data,
      ...(allocation && { allocationId: allocation.id, jobId: allocation.job.jobId }),
    };
  }

  /** Holds the slot. The same allocation may ask again. */
  async request(allocationId: string, job: JobInformation): Promise<SlotReport> {
    await this.renewal;
    if (this.allocation && this.allocation.id !== allocationId) {
      throw new MillraceError(
        'ILLEGAL_STATE',
        `Slot ${this.index} is held by allocation ${this.allocation.id} of job ${this.allocation.job.jobId}.`,
      );
    }
    this.allocation = { id: allocationId, job };
    return this.report();
  }

  /** Of the job that holds the slot. */
  get bundle(): string | undefined {
    return this.allocation?.job.program?.bundle.sha256;
  }

  /** The job that holds the slot, if this allocation is the one. */
  jobOf(allocationId: string): JobInformation {
    if (this.allocation?.id === allocationId) return this.allocation.job;
    throw new MillraceError('FENCED', `Slot ${this.index} is not held by allocation ${allocationId}.`);
  }

  submit(tasks: TaskDeploymentDescriptor[], bundleFile: string | undefined): void {
    const job = this.jobOf(tasks[0]!.allocationId);
    const host = this.liveHost();
    for (const { executionId, jobId } of tasks) this.executions.set(executionId, { jobId });
    this.unused = false;
    host.submit(job, tasks, bundleFile);
  }

  cancel(executionId: string): void {
    const execution = this.executions.get(executionId);
    if (!execution || execution.timer) return;
    const { cancellationTimeoutMs } = this.options;
    if (cancellationTimeoutMs > 0) {
      execution.timer = setTimeout(() => this.stuck(`Task ${executionId} did not end`), cancellationTimeoutMs);
    }
    this.host?.cancel(executionId);
  }

  /**
   * Ends what runs, and the host with it; a fresh one makes the slot available. An allocation that does not hold the
   * slot changes nothing, but whoever asked hears when the slot is free.
   */
  free(allocationId: string): void {
    if (this.allocation && this.allocation.id !== allocationId) return;
    const used = this.allocation !== undefined && !this.unused;
    this.allocation = undefined;
    this.unused = true;
    if (used) this.renew(this.host);
    void Promise.resolve(this.renewal).then(() => {
      if (this.host && !this.allocation && !this.closed) this.options.onAvailable(this.report());
    });
  }

  /** As `free`, whoever holds it. Resolves when the slot is fresh; one that was never used stays as it is. */
  async reset(): Promise<void> {
    if (this.allocation) this.free(this.allocation.id);
    await this.renewal;
  }

  async usage(): Promise<SlotUsage> {
    return this.host && !this.renewal ? this.host.usage() : { heapUsed: 0, tasks: [] };
  }

  shed(): void {
    this.host?.shed();
  }

  /** Ends host and tasks; nothing follows. */
  async close(): Promise<void> {
    this.closed = true;
    const { host } = this;
    this.host = undefined;
    await this.renewal;
    if (host) await this.closeHost(host);
    this.forgetExecutions();
  }

  /** Ends the host by force, also one that is being closed. */
  async kill(): Promise<void> {
    await this.ending?.kill();
    await this.host?.kill();
  }

  private renew(old: SlotHost | undefined): void {
    this.host = undefined;
    this.renewal = this.replace(old)
      .catch((error: unknown) => {
        this.options.onFatal(
          new MillraceError('INTERNAL', `Slot ${this.index} can't be renewed: ${String(error)}`, { cause: error }),
        );
      })
      .then(() => {
        this.renewal = undefined;
      });
  }

  private async replace(old: SlotHost | undefined): Promise<void> {
    if (old) await this.closeHost(old);
    this.forgetExecutions();
    if (this.closed) return;
    await this.start();
    if (this.closed) {
      const { host } = this;
      this.host = undefined;
      if (host) await this.closeHost(host);
    }
  }

  private async closeHost(host: SlotHost): Promise<void> {
    const { cancellationTimeoutMs } = this.options;
    const timer =
      cancellationTimeoutMs > 0
        ? setTimeout(() => this.stuck(`Slot ${this.index} did not end`), cancellationTimeoutMs)
        : undefined;
    this.ending = host;
    try {
      await host.close();
    } finally {
      this.ending = undefined;
      clearTimeout(timer);
    }
  }

  private stuck(what: string): void {
    this.options.onFatal(
      new MillraceError(
        'TASK_MANAGER_LOST',
        `${what} within ${this.options.cancellationTimeoutMs} ms of its cancellation (task.cancellation.timeout): its TaskManager ends, as nothing else stops it.`,
      ),
    );
  }

  /** The thread ended by itself: what ran there has failed. The slot stays held until it is freed. */
  private onDied(error: Error): void {
    const lost = [...this.executions];
    this.forgetExecutions();
    this.unused = true;
    for (const [executionId, { jobId }] of lost) {
      this.options.onState({ jobId, executionId, state: 'FAILED', error: serializeError(error) });
    }
    if (!this.closed) this.renew(undefined);
  }

  private onState(update: TaskStateUpdate): void {
    const execution = this.executions.get(update.executionId);
    if (!execution) return;
    if (ENDED.has(update.state)) {
      clearTimeout(execution.timer);
      this.executions.delete(update.executionId);
    }
    this.options.onState(update);
  }

  private forgetExecutions(): void {
    for (const { timer } of this.executions.values()) clearTimeout(timer);
    this.executions.clear();
  }

  private liveHost(): SlotHost {
    if (this.host) return this.host;
    throw new MillraceError('ILLEGAL_STATE', `Slot ${this.index} is being renewed.`, { retry: 'backoff' });
  }
}
