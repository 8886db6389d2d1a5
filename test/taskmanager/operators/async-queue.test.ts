import { expect } from 'chai';
import fc from 'fast-check';
import {
  type AsyncEntry,
  type AsyncQueue,
  OrderedQueue,
  UnorderedQueue,
} from '../../../taskmanager/operators/async-queue.js';

type Step = 'record' | 'watermark' | 'idle' | { completes: number } | 'poll';

/** What went on, in order: `r3` for the record that was added as the third, `w7` for a watermark of step 7. */
function play(queue: AsyncQueue, steps: Step[]): { added: string[]; polled: string[] } {
  const added: string[] = [];
  const polled: string[] = [];
  const open: Array<{ entry: AsyncEntry; name: string }> = [];
  const names = new Map<AsyncEntry, string>();
  const poll = (): boolean => {
    const next = queue.poll();
    if (next === undefined) return false;
    if ('state' in next) {
      expect(next.state).to.equal('done');
      polled.push(names.get(next)!);
    } else polled.push('watermark' in next ? `w${next.watermark}` : 'idle' in next ? 'idle' : 'marker');
    return true;
  };
  const complete = (i: number): void => {
    const [{ entry }] = open.splice(i, 1) as [(typeof open)[0]];
    entry.state = 'done';
    queue.complete(entry);
  };
  for (const [i, step] of steps.entries()) {
    if (step === 'record') {
      const entry: AsyncEntry = { record: i, timestamp: i, value: i, state: 'asked', segment: undefined };
      const name = `r${i}`;
      names.set(entry, name);
      open.push({ entry, name });
      added.push(name);
      queue.add(entry);
    } else if (step === 'watermark') {
      added.push(`w${i}`);
      queue.addEvent({ watermark: i });
    } else if (step === 'idle') {
      added.push('idle');
      queue.addEvent({ idle: true });
    } else if (step === 'poll') poll();
    else if (open.length > 0) complete(step.completes % open.length);
  }
  while (open.length > 0) complete(open.length - 1);
  while (poll());
  expect(queue.isEmpty).to.equal(true);
  return { added, polled };
}

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<Step>('record') },
    { weight: 1, arbitrary: fc.constantFrom<Step>('watermark', 'idle') },
    { weight: 4, arbitrary: fc.record({ completes: fc.nat(50) }) },
    { weight: 4, arbitrary: fc.constant<Step>('poll') },
  ),
  { maxLength: 80 },
);

/** Groups of records between events; watermarks that nothing but watermarks followed are left out, since a later one may have taken their place. */
function segments(names: string[]): string[] {
  const out: string[] = [];
  let group: string[] = [];
  for (const [i, name] of names.entries()) {
    if (name.startsWith('r')) {
      group.push(name);
      continue;
    }
    out.push(group.sort().join(' '));
    group = [];
    if (!name.startsWith('w') || !names[i + 1]?.startsWith('w')) out.push(name);
  }
  return [...out, group.sort().join(' ')].filter(Boolean);
}

describe('what waits for answers', () => {
  it('goes on in the order in which it came, where it is ordered', () => {
    fc.assert(
      fc.property(steps, given => {
        const { added, polled } = play(new OrderedQueue(), given);
        expect(polled.filter(n => !n.startsWith('w'))).to.deep.equal(added.filter(n => !n.startsWith('w')));
        expect(segments(polled)).to.deep.equal(segments(added));
      }),
      { numRuns: 300 },
    );
  });

  it('goes on as answers come, but not past a watermark or a status, where it is not ordered', () => {
    fc.assert(
      fc.property(steps, given => {
        const { added, polled } = play(new UnorderedQueue(), given);
        expect(segments(polled)).to.deep.equal(segments(added));
      }),
      { numRuns: 300 },
    );
    const { polled } = play(new UnorderedQueue(), ['record', 'record', { completes: 1 }, 'poll']);
    expect(polled).to.deep.equal(['r1', 'r0']);
  });

  it('keeps one watermark of several with nothing between', () => {
    for (const queue of [new OrderedQueue(), new UnorderedQueue()]) {
      const { polled } = play(queue, ['record', 'watermark', 'watermark', 'watermark', 'idle', 'watermark']);
      expect(polled).to.deep.equal(['r0', 'w3', 'idle', 'w5']);
    }
  });
});
