import type { Clock } from '../../core/clock.js';
import { type Configuration, Options } from '../../core/config/index.js';
import { MillraceError } from '../../core/errors.js';
import type { FileSystems } from '../../core/fs/index.js';
import { type JobGraph, slotsNeeded } from '../../core/graph/index.js';
import type { HexId } from '../../core/ids.js';
import type { Logger } from '../../core/logging.js';
import type { TaskMetrics, TaskStateUpdate } from '../../core/protocol/index.js';
import { JobMaster } from '../jobmaster/job-master.js';
import { createRestartStrategy, restartStrategyOf } from '../jobmaster/restart-strategy.js';
import type { SlotManager } from '../resourcemanager/slot-manager.js';
import type { BlobStore } from './blob-store.js';

export interface DispatcherOptions {
  slots: SlotManager;
  sessionId: HexId;
  clock: Clock;
  logger: Logger;
  fileSystems: FileSystems;
  configuration: Configuration;
  blobs: BlobStore;
}

/** Takes jobs and keeps them by id, also after their end. */
export class Dispatcher {
  private readonly masters = new Map<HexId, JobMaster>();
  private closed: string | undefined;

  constructor(private readonly options: DispatcherOptions) {}

  /** All jobs, in the order in which they came. */
  get jobs(): JobMaster[] {
    return [...this.masters.values()];
  }

  job(id: HexId): JobMaster | undefined {
    return this.masters.get(id);
  }

  /** Takes a job and starts it. Refuses what can never fit, an id that is taken, and a damaged or missing bundle. */
  submit(job: JobGraph, bundle?: Uint8Array): JobMaster {
    const { slots, logger, clock, configuration, fileSystems, sessionId, blobs } = this.options;
    if (this.closed !== undefined) throw new MillraceError('ILLEGAL_STATE', this.closed);
    if (this.masters.has(job.jobId)) {
      throw new MillraceError('ILLEGAL_ARGUMENT', `Job ${job.jobId} has already been submitted.`, { domain: 'user' });
    }
    const refusal = slots.neverFits(slotsNeeded(job));
    if (refusal) throw new MillraceError(refusal.code, `Job ${job.jobName} ${refusal.message}`, { domain: 'user' });
    if (job.program) {
      if (!bundle) {
        throw new MillraceError('ILLEGAL_ARGUMENT', `Job ${job.jobName} came without its bundle.`, { domain: 'user' });
      }
      blobs.put(job.jobId, job.program.bundle.sha256, bundle);
    }
    const jobLogger = logger.child({ component: 'JobMaster' });
    const strategy = restartStrategyOf(job.config.restartStrategy, configuration);
    const master = new JobMaster({
      job,
      slots,
      sessionId,
      clock,
      fileSystems,
      logger: jobLogger,
      restartStrategy: createRestartStrategy(strategy, clock),
      cancellationTimeout: configuration.get(Options.taskCancellationTimeout),
    });
    this.masters.set(job.jobId, master);
    logger.info(`Received job ${job.jobName} (${job.jobId}), restart strategy ${strategy.type}`);
    void master.ended.then(() => {
      blobs.release(job.jobId);
      this.forgetOldest();
    });
    master.start();
    return master;
  }

  updateTask(update: TaskStateUpdate): void {
    this.masters.get(update.jobId)?.updateTask(update);
  }

  updateMetrics(tasks: readonly TaskMetrics[]): void {
    for (const job of this.masters.values()) {
      if (!job.state.isTerminal) for (const metrics of tasks) job.updateMetrics(metrics);
    }
  }

  taskManagerLost(id: string, jobs: readonly HexId[], reason: MillraceError): void {
    for (const job of jobs) this.masters.get(job)?.taskManagerLost(id, reason);
  }

  /** Takes no more jobs, cancels what runs and waits for its end, at most `timeoutMs`. */
  async shutDown(reason: string, timeoutMs: number): Promise<void> {
    this.closed = reason;
    const running = this.jobs.filter(j => !j.state.isTerminal);
    for (const j of running) j.cancel();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>(resolve => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([Promise.all(running.map(j => j.ended)), timeout]);
    clearTimeout(timer);
  }

  private forgetOldest(): void {
    const ended = this.jobs.filter(j => j.state.isTerminal);
    const kept = this.options.configuration.get(Options.jobStoreCapacity);
    for (const j of ended.slice(0, Math.max(0, ended.length - kept))) this.masters.delete(j.job.jobId);
  }
}
