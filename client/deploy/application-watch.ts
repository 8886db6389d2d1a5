import { setTimeout as delay } from 'node:timers/promises';
import { MillraceError } from '../../core/errors.js';
import { type ApplicationReport, isFinal, type Queue } from '../../yarn-bridge/rest/index.js';
import { applicationFailure } from './application-failure.js';
import type { HadoopAccess } from './hadoop-access.js';
import { pause } from './interruptible.js';
import { seconds } from './progress.js';

/** Milliseconds that a ResourceManager may be away, or not know the application while it recovers. */
export const RESOURCE_MANAGER_RECOVERY = 60_000;

export interface DeploymentWatchOptions {
  applicationId: string;
  /** Asked for the ApplicationMaster. */
  memoryMb: number;
  vcores: number;
  queue: Queue;
  signal: AbortSignal;
  /** Flink's lines. */
  out: (line: string) => void;
  /** What is waited for. */
  note: (text: string) => void;
}

const FIRST_NOTE = 1000;
const NEXT_NOTE = 5000;

/** Follows an application until its ApplicationMaster runs. Ended before that: APPLICATION_FAILED with why. */
export async function untilRunning(
  hadoop: HadoopAccess,
  options: DeploymentWatchOptions,
): Promise<ApplicationReport & { amAddress: string }> {
  const { applicationId, signal, out, note } = options;
  const started = Date.now();
  let nextNote = started + FIRST_NOTE;
  let last: string | undefined;
  for (let wait = 50; ; wait = Math.min(wait * 1.2, 500)) {
    signal.throwIfAborted();
    const report = await hadoop.resourceManager.report(applicationId, { keepTrying: RESOURCE_MANAGER_RECOVERY });
    if (isFinal(report.state)) throw await applicationFailure(hadoop, report, 'while it was being deployed');
    if (report.state === 'RUNNING' && report.amAddress !== undefined) return { ...report, amAddress: report.amAddress };
    if (report.state !== last && report.state !== 'RUNNING' && !/^NEW|SUBMITTED/.test(report.state)) {
      out(`Deploying cluster, current state ${report.state}`);
    }
    last = report.state;
    if (Date.now() >= nextNote) {
      nextNote = Date.now() + NEXT_NOTE;
      note(await describeWaiting(hadoop, report, options, Date.now() - started));
    }
    await pause(wait, signal);
  }
}

/** Milliseconds that a restarted ResourceManager may take to know an application, and that to come back to RUNNING. */
const REACHABLE_WAIT = 10_000;

/**
 * The application once its ApplicationMaster can be spoken to. After a restart of the ResourceManager it is unknown for a
 * moment, then ACCEPTED until its ApplicationMaster has registered anew. Throws APPLICATION_NOT_FOUND, and ILLEGAL_STATE
 * for one that does not come up in time; one that has ended is given as it is.
 */
export async function untilReachable(hadoop: HadoopAccess, applicationId: string): Promise<ApplicationReport> {
  const deadline = Date.now() + REACHABLE_WAIT;
  for (let wait = 50; ; wait = Math.min(wait * 1.5, 500)) {
    const report = await reportAfterRecovery(hadoop, applicationId);
    if (isFinal(report.state) || (report.state === 'RUNNING' && report.amAddress !== undefined)) return report;
    if (Date.now() + wait > deadline) {
      const message = `The application ${applicationId} is not up yet: it is ${report.state}.`;
      throw new MillraceError('ILLEGAL_STATE', message, { domain: 'user', context: { applicationId } });
    }
    await delay(wait);
  }
}

/** As `report` says, but patient with an application that a ResourceManager may only not know yet. */
async function reportAfterRecovery(hadoop: HadoopAccess, applicationId: string): Promise<ApplicationReport> {
  const { resourceManager } = hadoop;
  try {
    // One that does not answer at all is told without such patience.
    return await resourceManager.report(applicationId);
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'APPLICATION_NOT_FOUND') throw error;
    return resourceManager.report(applicationId, { keepTrying: REACHABLE_WAIT });
  }
}

/** What an application in ACCEPTED waits for, and what there is of it. */
async function describeWaiting(
  hadoop: HadoopAccess,
  report: ApplicationReport,
  { memoryMb, vcores, queue }: DeploymentWatchOptions,
  waited: number,
): Promise<string> {
  if (/AM container is launched/i.test(report.diagnostics)) {
    return `The container of the ApplicationMaster is launched, waiting for it to come up (${seconds(waited)})`;
  }
  const what = `Waiting for ${memoryMb} MB / ${vcores} vcores in queue ${queue.name} (${seconds(waited)})`;
  const metrics = await hadoop.resourceManager.metrics().catch(() => undefined);
  if (!metrics) return what;
  const { availableMb, totalMb, availableVcores, totalVcores, activeNodes, applicationsPending } = metrics;
  if (activeNodes === 0) return `${what}: no NodeManager is running`;
  return (
    `${what}: ${availableMb} of ${totalMb} MB and ${availableVcores} of ${totalVcores} vcores are free on ${activeNodes} nodes, ` +
    `${applicationsPending} applications wait`
  );
}

/** Follows an application to its end. */
export async function untilEnded(
  hadoop: HadoopAccess,
  applicationId: string,
  { timeout, signal }: { timeout: number; signal: AbortSignal },
): Promise<ApplicationReport> {
  const deadline = Date.now() + timeout;
  for (let wait = 50; ; wait = Math.min(wait * 1.5, 1000)) {
    const report = await hadoop.resourceManager.report(applicationId, { keepTrying: RESOURCE_MANAGER_RECOVERY });
    if (isFinal(report.state)) return report;
    if (Date.now() > deadline) {
      const message = `The application ${applicationId} has not ended within ${seconds(timeout)}: it is ${report.state}.`;
      throw new MillraceError('TIMEOUT', message, { domain: 'cluster', context: { applicationId } });
    }
    await pause(wait, signal);
  }
}
