import { MillraceError } from '../../core/errors.js';
import { type ExecutionState, isGloballyTerminal, type JobStatus } from '../../core/protocol/index.js';

/** Allowed moves, one line a state. Flink's chart without what needs a leader election. */
export const JOB_MOVES: Record<JobStatus, readonly JobStatus[]> = {
  INITIALIZING: ['CREATED', 'FAILED', 'CANCELED'],
  CREATED: ['RUNNING', 'FAILING', 'CANCELLING'],
  RUNNING: ['FAILING', 'CANCELLING', 'FINISHED'],
  FAILING: ['RESTARTING', 'FAILED', 'CANCELLING'],
  RESTARTING: ['CREATED', 'FAILING', 'CANCELLING'],
  CANCELLING: ['CANCELED', 'FAILED'],
  FAILED: [],
  CANCELED: [],
  FINISHED: [],
  SUSPENDED: [],
  RECONCILING: [],
};

export const EXECUTION_MOVES: Record<ExecutionState, readonly ExecutionState[]> = {
  CREATED: ['SCHEDULED', 'CANCELED', 'FAILED'],
  SCHEDULED: ['DEPLOYING', 'CANCELED', 'FAILED'],
  DEPLOYING: ['INITIALIZING', 'RUNNING', 'FINISHED', 'CANCELING', 'CANCELED', 'FAILED'],
  INITIALIZING: ['RUNNING', 'FINISHED', 'CANCELING', 'CANCELED', 'FAILED'],
  RUNNING: ['FINISHED', 'CANCELING', 'CANCELED', 'FAILED'],
  CANCELING: ['CANCELED', 'FINISHED', 'FAILED'],
  FINISHED: [],
  CANCELED: [],
  FAILED: [],
  RECONCILING: [],
};

export const isTerminalExecution = (s: ExecutionState): boolean => EXECUTION_MOVES[s].length === 0;

/** A job's status with the time of each move. An illegal move is a bug and throws. */
export class JobState {
  readonly timestamps: Partial<Record<JobStatus, number>> = {};
  private current: JobStatus = 'INITIALIZING';

  constructor(
    private readonly now: () => number,
    private readonly onMove: (to: JobStatus, from: JobStatus) => void,
  ) {
    this.timestamps.INITIALIZING = now();
  }

  get status(): JobStatus {
    return this.current;
  }

  get isTerminal(): boolean {
    return isGloballyTerminal(this.current);
  }

  move(to: JobStatus): void {
    const from = this.current;
    if (!JOB_MOVES[from].includes(to)) throw new MillraceError('ILLEGAL_STATE', `a job can't go from ${from} to ${to}`);
    this.current = to;
    this.timestamps[to] = this.now();
    this.onMove(to, from);
  }
}
