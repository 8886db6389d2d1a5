import { expect } from 'chai';
import fc from 'fast-check';
import { type ChannelPair, channelsFrom, channelsTo } from '../../../core/graph/index.js';
import type { Partitioner } from '../../../core/graph/operators.js';
import { naiveChannels } from './naive-channels.js';

describe('the channels of an exchange', () => {
  const shown = (pairs: ChannelPair[]): string[] =>
    pairs.map(c => `${c.producerSubtask}.${c.subpartition}>${c.consumerSubtask}`);
  const pairs = (partitioner: Partitioner, producers: number, consumers: number): string[] =>
    Array.from({ length: consumers }, (_, c) => shown(channelsTo(c, { partitioner, producers, consumers }))).flat();

  it('join every pair, or only neighbours', () => {
    expect(pairs('hash', 2, 2)).to.deep.equal(['0.0>0', '1.0>0', '0.1>1', '1.1>1']);
    expect(pairs('forward', 2, 2)).to.deep.equal(['0.0>0', '1.0>1']);
    expect(pairs('rescale', 2, 3)).to.deep.equal(['0.0>0', '0.1>1', '1.0>2']);
    expect(pairs('rescale', 3, 2)).to.deep.equal(['0.0>0', '1.0>1', '2.0>1']);
  });

  it('are the same from either side as when all are enumerated, subpartitions in order', () => {
    const partitioner = fc.constantFrom<Partitioner>('hash', 'rebalance', 'rescale', 'broadcast', 'custom');
    const count = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(fc.record({ partitioner, producers: count, consumers: count }), exchange => {
        const all = naiveChannels(exchange);
        for (let c = 0; c < exchange.consumers; c++) {
          expect(shown(channelsTo(c, exchange))).to.deep.equal(shown(all.filter(x => x.consumerSubtask === c)));
        }
        for (let p = 0; p < exchange.producers; p++) {
          const from = channelsFrom(p, exchange);
          expect(shown(from)).to.deep.equal(shown(all.filter(x => x.producerSubtask === p)));
          expect(from.map(x => x.subpartition)).to.deep.equal(from.map((_, i) => i));
        }
      }),
    );
  });
});
