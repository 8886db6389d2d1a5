import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.js';
import { type Configuration, Options } from '../../core/config/index.js';
import { MillraceError } from '../../core/errors.js';
import type { FileSystems } from '../../core/fs/index.js';
import { type JobGraph, slotsNeeded } from '../../core/graph/index.js';
import type { HexId } from '../../core/ids.js';
import type { Logger } from '../../core/logging.js';
import type { TaskStateUpdate } from '../../core/protocol/index.js';
import { JobMaster } from '../jobmaster/job-master.js';
import { createRestartStrategy, restartStrategyOf } from '../jobmaster/restart-strategy.js';
import type { SlotManager } from '../resourcemanager/slot-manager.js';

export interface DispatcherOptions {
  slots: SlotManager;
  sessionId: HexId;
  clock: Clock;
  logger: Logger;
  fileSystems: FileSystems;
  configuration: Configuration;
  /** Where bundles are kept while the cluster lives; the owner removes the folder. */
  blobDir: string;
}

/** Ended jobs that are still shown. */
const HISTORY = 500;

/** Takes jobs and keeps them by id, also after their end. */
export class Dispatcher {
  private readonly masters = new Map<HexId, JobMaster>();

  constructor(private readonly options: DispatcherOptions) {
    mkdirSync(options.blobDir, { recursive: true, mode: 0o700 });
  }

  /** All jobs, in the order in which they came. */
  get jobs(): JobMaster[] {
    return [...this.masters.values()];
  }

  job(id: HexId): JobMaster | undefined {
    return this.masters.get(id);
  }

  /** Takes a job and starts it. Refuses what can never fit, and an id that is taken. */
  submit(job: JobGraph, bundle?: Uint8Array): JobMaster {
    const { slots, logger, clock, configuration, fileSystems, sessionId } = this.options;
    if (this.masters.has(job.jobId)) {
      throw new MillraceError('ILLEGAL_ARGUMENT', `Job ${job.jobId} has already been submitted.`, { domain: 'user' });
    }
    const refusal = slots.neverFits(slotsNeeded(job));
    if (refusal) throw new MillraceError(refusal.code, `Job ${job.jobName} ${refusal.message}`, { domain: 'user' });
    if (bundle) this.storeBundle(job, bundle);
    const master = new JobMaster({
      job,
      slots,
      sessionId,
      clock,
      fileSystems,
      logger: logger.child({ component: 'JobMaster', jobId: job.jobId }),
      restartStrategy: createRestartStrategy(restartStrategyOf(job.config.restartStrategy, configuration), clock),
      cancellationTimeout: configuration.get(Options.taskCancellationTimeout),
    });
    this.masters.set(job.jobId, master);
    logger.info(`Received job ${job.jobName} (${job.jobId})`);
    master.start();
    void master.ended.then(() => this.forgetOldest());
    return master;
  }

  /** Path of a stored bundle; it may not exist. */
  blobFile(sha256: string): string {
    return join(this.options.blobDir, `${sha256}.mjs`);
  }

  updateTask(update: TaskStateUpdate): void {
    this.masters.get(update.jobId)?.updateTask(update);
  }

  taskManagerLost(id: string, jobs: HexId[], reason: MillraceError): void {
    for (const job of jobs) this.masters.get(job)?.taskManagerLost(id, reason);
  }

  /** Cancels what runs and waits for its end, at most `timeoutMs`. */
  async cancelAll(timeoutMs: number): Promise<void> {
    const running = this.jobs.filter(j => !j.state.isTerminal);
    for (const j of running) j.cancel();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>(resolve => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([Promise.all(running.map(j => j.ended)), timeout]);
    clearTimeout(timer);
  }

  private storeBundle(job: JobGraph, bundle: Uint8Array): void {
    const expected = job.program?.bundle.sha256;
    const actual = createHash('sha256').update(bundle).digest('hex');
    if (expected !== actual) {
      throw new MillraceError(
        'ILLEGAL_ARGUMENT',
        `The bundle of job ${job.jobName} is damaged: its hash is ${actual}, not ${expected}.`,
      );
    }
    writeFileSync(this.blobFile(actual), bundle, { mode: 0o600 });
  }

  private forgetOldest(): void {
    const ended = this.jobs.filter(j => j.state.isTerminal);
    for (const j of ended.slice(0, Math.max(0, ended.length - HISTORY))) this.masters.delete(j.job.jobId);
    // Bundles of ended jobs go; another job may have come with the same one.
    const needed = new Set(this.jobs.filter(j => !j.state.isTerminal).map(j => j.job.program?.bundle.sha256));
    for (const sha of new Set(ended.map(j => j.job.program?.bundle.sha256))) {
      if (sha && !needed.has(sha)) rmSync(this.blobFile(sha), { force: true });
    }
  }
}
