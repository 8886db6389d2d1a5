import { expect } from 'chai';
import {
  EXECUTION_MOVES,
  isTerminalExecution,
  JOB_MOVES,
  JobState,
} from '../../../applicationmaster/jobmaster/job-state.js';
import type { MillraceError } from '../../../core/errors.js';
import { isGloballyTerminal, type JobStatus } from '../../../core/protocol/index.js';

const STATES = Object.keys(JOB_MOVES) as JobStatus[];

/** The moves that lead from the beginning to a state. */
function wayTo(state: JobStatus): JobStatus[] | undefined {
  const ways = new Map<JobStatus, JobStatus[]>([['INITIALIZING', []]]);
  for (const [at, way] of ways) {
    for (const next of JOB_MOVES[at]) if (!ways.has(next)) ways.set(next, [...way, next]);
  }
  return ways.get(state);
}

describe('the state chart of a job', () => {
  it('takes the moves that it has, with the time of each, and throws at all others', () => {
    for (const from of STATES) {
      const way = wayTo(from);
      if (!way) continue;
      for (const to of STATES) {
        let now = 0;
        const moves: JobStatus[] = [];
        const state = new JobState(
          () => ++now,
          move => moves.push(move),
        );
        for (const step of way) state.move(step);
        const go = (): void => state.move(to);
        if (JOB_MOVES[from].includes(to)) {
          go();
          expect(moves).to.deep.equal([...way, to]);
          expect(state.timestamps[to]).to.equal(now);
        } else {
          expect(go, `${from} to ${to}`)
            .to.throw(`from ${from} to ${to}`)
            .with.property('code', 'ILLEGAL_STATE' satisfies MillraceError['code']);
          expect(state.status).to.equal(from);
        }
      }
    }
  });

  it('ends in FINISHED, FAILED and CANCELED, and each state leads to an end', () => {
    const ends = STATES.filter(s => isGloballyTerminal(s));
    expect(ends.sort()).to.deep.equal(['CANCELED', 'FAILED', 'FINISHED']);
    for (const end of ends) expect(JOB_MOVES[end]).to.deep.equal([]);
    for (const state of STATES) if (wayTo(state) && !ends.includes(state)) expect(JOB_MOVES[state]).to.not.be.empty;
  });

  it('lets every state that is not an end be cancelled, CANCELLING itself aside', () => {
    for (const state of STATES) {
      if (!wayTo(state) || isGloballyTerminal(state) || state === 'CANCELLING') continue;
      expect(JOB_MOVES[state].some(to => to === 'CANCELLING' || to === 'CANCELED')).to.equal(true, state);
    }
  });
});

describe('the state chart of an execution', () => {
  it('has three ends, which nothing leaves', () => {
    const ends = Object.keys(EXECUTION_MOVES).filter(s => isTerminalExecution(s as keyof typeof EXECUTION_MOVES));
    expect(ends.sort()).to.deep.equal(['CANCELED', 'FAILED', 'FINISHED', 'RECONCILING']);
  });
});
