import { MillraceError } from '../../core/errors.js';
import type { JobOverviewEntry, JobStatus } from '../../core/protocol/index.js';
import type { Action } from './cli-frontend.js';
import { actionHelp } from './help.js';
import { refuseFurtherWords, refuseOrWarn } from './honour-options.js';
import { openCluster } from './open-cluster.js';
import { GENERAL_OPTIONS, LIST_OPTIONS } from './option-table.js';
import { parseOptions } from './parse-options.js';
import { resolveTarget, TARGET_OPTIONS } from './target.js';

const TABLE = { ...GENERAL_OPTIONS, ...LIST_OPTIONS, ...TARGET_OPTIONS } as const;

const WIDTH = 62;
const SCHEDULED: ReadonlySet<JobStatus> = new Set(['CREATED', 'INITIALIZING']);
const ENDED: ReadonlySet<JobStatus> = new Set(['FINISHED', 'CANCELED', 'FAILED', 'SUSPENDED']);

/** `flink list [-a] [-r] [-s]` */
export const list: Action = async (io, argv) => {
  const options = parseOptions(TABLE, argv);
  if (options.has('help')) {
    for (const line of actionHelp('list')) io.out(line);
    return 0;
  }
  refuseOrWarn(io, TABLE, options);
  refuseFurtherWords(options, 0);
  const all = options.has('all');
  const both = all || options.has('running') === options.has('scheduled');
  const cluster = await openCluster(io, await resolveTarget(io, options));
  try {
    io.out('Waiting for response...');
    const jobs = await cluster.client.rest.jobs().catch(async (error: unknown) => {
      const cause = await cluster.client.explain(error);
      throw new MillraceError('REMOTE', 'Failed to retrieve job list.', { cause });
    });
    for (const line of formatJobs(jobs, {
      running: both || options.has('running'),
      scheduled: both || options.has('scheduled'),
      ended: all,
    })) {
      io.out(line);
    }
    return 0;
  } finally {
    await cluster.close();
  }
};

/** The blocks as Flink prints them; each sorted by start time. */
export function formatJobs(
  jobs: readonly JobOverviewEntry[],
  show: { running: boolean; scheduled: boolean; ended: boolean },
): string[] {
  const sorted = [...jobs].sort((a, b) => a['start-time'] - b['start-time']);
  const running = sorted.filter(job => !SCHEDULED.has(job.state) && !ENDED.has(job.state));
  const scheduled = sorted.filter(job => SCHEDULED.has(job.state));
  const ended = sorted.filter(job => ENDED.has(job.state));
  return [
    ...(show.running ? block('Running/Restarting Jobs', running, 'No running jobs.', true) : []),
    ...(show.scheduled ? block('Scheduled Jobs', scheduled, 'No scheduled jobs.', false) : []),
    ...(show.ended ? block('Terminated Jobs', ended, 'No terminated jobs.', true) : []),
  ];
}

function block(title: string, jobs: readonly JobOverviewEntry[], none: string, withState: boolean): string[] {
  if (jobs.length === 0) return [none];
  const lines = jobs.map(
    job => `${formatTime(job['start-time'])} : ${job.jid} : ${job.name}${withState ? ` (${job.state})` : ''}`,
  );
  return [frame(title), ...lines, '-'.repeat(WIDTH)];
}

/** A title between dashes, 62 characters wide. */
function frame(title: string): string {
  const dashes = WIDTH - title.length - 2;
  const left = '-'.repeat(Math.floor(dashes / 2));
  return `${left} ${title} ${'-'.repeat(dashes - left.length)}`;
}

/** `23.11.2026 17:52:40`, local time. */
function formatTime(ms: number): string {
  const d = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  return (
    `${two(d.getDate())}.${two(d.getMonth() + 1)}.${d.getFullYear()} ` +
    `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`
  );
}
