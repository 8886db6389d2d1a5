import { expect } from 'chai';
import { countOf } from '../../../core/types/index.js';
import { ColumnOutput } from '../../../taskmanager/network/column-output.js';
import { NetworkMemory } from '../../../taskmanager/network/network-memory.js';
import { Subpartition } from '../../../taskmanager/network/subpartition.js';

function probed(memory: NetworkMemory): { output: ColumnOutput; subpartition: Subpartition; opened: number[] } {
  const opened: number[] = [];
  const subpartition = new Subpartition(memory, { onFull: () => {}, onLimit: () => {}, onConsumed: () => {} });
  const output = new ColumnOutput(
    [subpartition],
    memory,
    true,
    () => {},
    channel => opened.push(channel),
  );
  for (let i = 0; i < 256; i++) output.observe([`text ${i}`, i], Number.NaN, undefined);
  return { output, subpartition, opened };
}

/** As the compiled task does. */
function write(output: ColumnOutput): void {
  const writer = output.writers[0]!;
  (writer.c0 as string[])[writer.n] = 'text';
  (writer.c1 as Int32Array)[writer.n] = 1;
  if (++writer.n >= writer.limit) output.onLimit(0);
}

describe('the columns of a partition', () => {
  it('have smaller batches once the slot is short of memory', () => {
    const memory = new NetworkMemory();
    const { output } = probed(memory);
    const before = output.writers[0]!.maxRecords;
    for (let i = 0; i < 3; i++) memory.shed();
    write(output);
    output.flush();
    const { maxRecords, maxBytes } = output.writers[0]!;
    expect(maxRecords).to.be.lessThan(before);
    expect(maxRecords * 8 + maxBytes).to.be.at.most(memory.batchBytes);
  });

  it('tell when a batch has its first record, and let it go when it has as many as it may have', () => {
    const { output, subpartition, opened } = probed(new NetworkMemory());
    const { maxRecords } = output.writers[0]!;
    for (let i = 1; i < maxRecords; i++) write(output);
    expect(opened).to.deep.equal([0]);
    expect(subpartition.peek()).to.equal(undefined);
    write(output);
    const element = subpartition.poll();
    expect(element?.kind === 'data' && countOf(element.batch)).to.equal(maxRecords);
    write(output);
    expect(opened).to.deep.equal([0, 0]);
  });

  it('let a single record go where a batch may have no more', () => {
    const { output, subpartition } = probed(new NetworkMemory());
    output.writers[0]!.maxRecords = 1;
    write(output);
    expect(subpartition.peek()).not.to.equal(undefined);
  });

  it('hold nothing once they are dropped, and take arrays back that come later without keeping them', () => {
    const { output, subpartition } = probed(new NetworkMemory());
    write(output);
    output.flush();
    const element = subpartition.poll();
    write(output);
    output.drop();
    expect(output.writers).to.deep.equal([]);
    expect(output.layout).to.equal(undefined);
    if (element?.kind === 'data' && element.batch.layout !== undefined) element.batch.recycle?.();
    output.flush();
    expect(subpartition.peek()).to.equal(undefined);
  });
});
