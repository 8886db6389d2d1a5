import { expect } from 'chai';
import { rootCause } from '../../core/errors.js';
import { TestingProcesses } from '../applicationmaster/testing-processes.js';

const MONEY = `
class Money {
  constructor(public cents: number) {}
  plus(other: Money): Money { return new Money(this.cents + other.cents); }
}
const check = (m: unknown): Money => {
  if (!(m instanceof Money)) throw new TypeError('no Money: ' + JSON.stringify(m));
  return m;
};`;

/** Each task has evaluated the program for itself: its class is another one. */
describe('a registered class', function () {
  this.timeout(60_000);
  let cluster: TestingProcesses;
  before(async () => {
    cluster = await TestingProcesses.start({ 'taskmanager.memory.process.size': '400m' }, { built: true });
  });
  after(() => cluster?.close());

  it('is that of the task on each side of an edge, from the elements of a collection on', async () => {
    const job = await cluster.submit(
      `env.registerType(Money).setParallelism(2);
       env.fromElements(...[1, 2, 3, 4].map(n => new Money(n)))
        .rebalance()
        .map(m => ({ key: 'all', total: check(m) }))
        .keyBy(x => x.key)
        .reduce((a, b) => ({ key: a.key, total: check(a.total).plus(check(b.total)) }))
        .global()
        .map(x => [check(x.total)])
        .rebalance()
        .map(([m]) => check(m).cents)
        .filter(cents => cents === 10)
        .map(() => { throw new RangeError('ten'); })
        .print();`,
      MONEY,
    );
    await job.ended;
    expect((rootCause(job.failure!) as Error).message).to.equal('ten');
  });

  it('has to be registered', async () => {
    const job = await cluster.submit('env.fromElements(1).map(n => new Money(n)).rebalance().print();', MONEY);
    await job.ended;
    expect(job.failure!.message).to.match(
      /^'Map' \(1\/1\), at record 1 of its source: .*it is an instance of Money, a class that is not registered.*env\.registerType/,
    );
  });
});
