import { expect } from 'chai';
import fc from 'fast-check';
import { hashString, keyGroupOf } from '../../../core/graph/index.js';
import { hashText, keyGroupText } from '../../../taskmanager/task/partition-text.js';

const functionOf = <F>(text: string): F => new Function(`return ${text}`)() as F;

describe('the text that routes', () => {
  it('hashes as the function does', () => {
    const hash = functionOf<(text: string) => number>(hashText('Math.imul'));
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => hash(text) === hashString(text)));
  });

  for (const maxParallelism of [1, 100, 128, 32_767, 32_768]) {
    it(`finds key groups as the function does, of ${maxParallelism}`, () => {
      const group = functionOf<(hash: number) => number>(keyGroupText('Math.imul', maxParallelism));
      fc.assert(fc.property(fc.integer(), h => group(h) === keyGroupOf(h, maxParallelism)));
      for (const h of [0, -1, -(2 ** 31), 2 ** 31 - 1]) expect(group(h)).to.equal(keyGroupOf(h, maxParallelism));
    });
  }
});
