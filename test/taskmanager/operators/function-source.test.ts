import { expect } from 'chai';
import { Watermark } from '../../../api/index.js';
import { SourceFunctionContext } from '../../../taskmanager/operators/function-source.js';
import type { Output, TaskContext } from '../../../taskmanager/operators/operator.js';

describe('what a source function emits with', () => {
  let events: string[];
  let canceled: boolean;
  let ctx: SourceFunctionContext;

  beforeEach(() => {
    events = [];
    canceled = false;
    const output: Output = {
      takesCopies: true,
      collect: (record, timestamp) => void events.push(`${record}@${timestamp}`),
      emitWatermark: t => void events.push(`watermark ${t}`),
      emitStatus: idle => void events.push(idle ? 'idle' : 'active'),
      emitLatencyMarker: () => {},
    };
    const task = { position: { current: 0, cursor: 0 }, whenWritable: () => undefined } as unknown as TaskContext;
    ctx = new SourceFunctionContext(output, task, 0, () => canceled);
  });

  it('keeps records and watermarks in their order', () => {
    ctx.collectWithTimestamp('a', 5);
    ctx.emitWatermark(new Watermark(5));
    ctx.collect('b');
    expect(events).to.deep.equal(['a@5', 'watermark 5', 'b@NaN']);
  });

  it('never sends a watermark back in time', () => {
    for (const t of [5, 3, 5, 6]) ctx.emitWatermark(new Watermark(t));
    expect(events).to.deep.equal(['watermark 5', 'watermark 6']);
  });

  it('is idle until the next record or watermark, also one that brings nothing new', () => {
    ctx.emitWatermark(new Watermark(5));
    ctx.markAsTemporarilyIdle();
    ctx.markAsTemporarilyIdle();
    ctx.collect('a');
    ctx.markAsTemporarilyIdle();
    ctx.emitWatermark(new Watermark(4));
    expect(events).to.deep.equal(['watermark 5', 'idle', 'active', 'a@NaN', 'idle', 'active']);
  });

  it('refuses what is no time, and says what is one', () => {
    for (const [wrong, got] of [
      [new Date(5), 'a Date'],
      [5n, 'a bigint'],
      [Number.NaN, 'NaN'],
      [undefined, 'undefined'],
    ]) {
      expect(() => ctx.collectWithTimestamp('a', wrong as number)).to.throw(
        `collectWithTimestamp was given ${got}; an event timestamp is a number of milliseconds since the epoch.`,
      );
    }
    expect(() => ctx.emitWatermark(5 as never)).to.throw(
      'emitWatermark needs a Watermark, as new Watermark(timestamp), not 5.',
    );
    expect(() => ctx.emitWatermark(undefined as never)).to.throw(/not undefined/);
    expect(events).to.deep.equal([]);
  });

  it('sends nothing of a canceled source', () => {
    canceled = true;
    ctx.collect('a');
    ctx.emitWatermark(new Watermark(5));
    ctx.markAsTemporarilyIdle();
    expect(events).to.deep.equal([]);
  });
});
