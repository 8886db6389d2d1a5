import { expect } from 'chai';
import fc from 'fast-check';
import { hashString, murmur } from '../../../core/graph/index.js';
import { hashText, murmurText } from '../../../taskmanager/task/partition-text.js';

describe('the text that routes', () => {
  it('hashes as the functions do', () => {
    const hash = new Function(`return ${hashText('Math.imul')}`)() as (text: string) => number;
    const mix = new Function(`return ${murmurText('Math.imul')}`)() as (h: number) => number;
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => hash(text) === hashString(text)));
    fc.assert(fc.property(fc.integer(), h => mix(h) === murmur(h)));
    for (const h of [0, -1, -(2 ** 31), 2 ** 31 - 1]) expect(mix(h)).to.equal(murmur(h));
  });
});
