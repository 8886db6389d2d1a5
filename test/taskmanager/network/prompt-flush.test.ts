import { expect } from 'chai';
import { PromptFlush } from '../../../taskmanager/network/prompt-flush.js';

describe('sending without a buffer timeout', () => {
  let time: number;
  let sent: number;
  let prompt: PromptFlush;

  beforeEach(() => {
    time = 0;
    sent = 0;
    prompt = new PromptFlush(
      () => sent++,
      () => time,
    );
  });

  const add = (records: number): void => {
    for (let i = 0; i < records; i++) prompt.onRecord();
  };

  it('lets a record that comes alone go at once', () => {
    for (let i = 1; i <= 5; i++) {
      add(1);
      expect(sent).to.equal(i);
      time += 1;
    }
  });

  it('sends records of one turn of the thread together, when it ends', async () => {
    add(1);
    add(20);
    expect(sent).to.equal(1);
    await Promise.resolve();
    expect(sent).to.equal(2);
    await Promise.resolve();
    expect(sent).to.equal(2);
  });

  it('does not wait for the end of a turn that brings many records', () => {
    add(1);
    add(64 * 3);
    expect(sent).to.equal(4);
  });

  it('does not wait for the end of a turn that takes long', () => {
    add(10);
    expect(sent).to.equal(1);
    time = 1;
    add(1);
    expect(sent).to.equal(2);
  });

  it('has nothing left to send at the end of a turn whose last record filled a batch', async () => {
    add(1);
    add(64);
    expect(sent).to.equal(2);
    await Promise.resolve();
    expect(sent).to.equal(2);
  });
});
