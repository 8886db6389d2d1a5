import { expect } from 'chai';
import { type MillraceError, StreamExecutionEnvironment } from '../../api/index.js';
import { formatResult } from '../../client/cli/program-executor.js';
import { COLLECTED_RECORDS } from '../../core/graph/index.js';

class Money {
  constructor(readonly cents: number) {}
  toString(): string {
    return `${this.cents / 100} €`;
  }
}

const failure = (run: Promise<unknown>): Promise<MillraceError> =>
  run.then(
    () => {
      throw new Error('It did not fail.');
    },
    (e: unknown) => e as MillraceError,
  );

describe('executeAndCollect', () => {
  const local = (): StreamExecutionEnvironment => StreamExecutionEnvironment.createLocalEnvironment(2);

  it('gives the records of all subtasks', async () => {
    const records = await local()
      .fromSequence(1, 1000)
      .map(n => n * 2)
      .executeAndCollect('doubled');
    expect(records.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 1000 }, (_, i) => (i + 1) * 2));
  });

  it('gives them as they were: values of any kind, instances of registered classes, none at all', async () => {
    const env = local();
    env.registerType(Money);
    const given = [null, -0, 7n, new Date(5), new Map([['a', new Set([1])]]), { money: new Money(150) }, 'é'];
    const records = await env.fromCollection<unknown>(given).executeAndCollect();
    expect(records).to.deep.equal(given);
    expect((records[5] as { money: Money }).money).to.be.instanceOf(Money);
    expect(
      await local()
        .fromSequence(1, 9)
        .filter(() => false)
        .executeAndCollect(),
    ).to.deep.equal([]);
  });

  it('may be called for one stream and then for another that reads it', async () => {
    const words = local()
      .fromElements('to be', 'or not')
      .flatMap(s => s.split(' '));
    expect((await words.executeAndCollect()).sort()).to.deep.equal(['be', 'not', 'or', 'to']);
    expect((await words.map(w => w.length).executeAndCollect()).sort()).to.deep.equal([2, 2, 2, 3]);
  });

  it('leaves out what is beyond the limit', async () => {
    expect(await local().fromElements('a', 'b', 'c').executeAndCollect(2)).to.deep.equal(['a', 'b']);
    expect(await local().fromElements('a', 'b', 'c').executeAndCollect('named', 1)).to.deep.equal(['a']);
    const none = await failure(local().fromElements(1).executeAndCollect(0));
    expect(none.message).to.contain('Limit must be greater than 0');
  });

  it('fails as the job does, and for records that cannot travel or are too many', async () => {
    const thrown = await failure(
      local()
        .fromElements(1)
        .map((): number => {
          throw new RangeError('mine');
        })
        .executeAndCollect(),
    );
    expect(thrown.cause).to.include({ name: 'RangeError', message: 'mine' });
    const stuck = await failure(
      local()
        .fromElements(1)
        .map(n => ({ f: () => n }))
        .setParallelism(1)
        .executeAndCollect(),
    );
    expect((stuck.cause as MillraceError).message).to.match(/to executeAndCollect/);
    const many = await failure(
      local()
        .fromSequence(1, 50)
        .map(n => 'x'.repeat(1024 ** 2) + n)
        .executeAndCollect(),
    );
    expect((many.cause as MillraceError).message).to.match(/executeAndCollect has \d+ records of more than 32 MB/);
  });

  it('shows nobody the text in which the records travel', () => {
    const lines = formatResult({
      jobId: 'id',
      netRuntimeMs: 1,
      accumulators: { n: { type: 'LongCounter', value: 3 }, records: { type: COLLECTED_RECORDS, value: 'AAAA' } },
    });
    expect(lines.filter(line => line.startsWith('- '))).to.deep.equal(['- n (LongCounter): 3']);
  });
});
