import { expect } from 'chai';
import { ParameterTool } from '../../api/index.js';

describe('ParameterTool', () => {
  it('reads keys with one dash or two, flags, and negative numbers as values', () => {
    const p = ParameterTool.fromArgs(['--input', 'a b', '-n', '-5', '--flag', '--rate', '1.5']);
    expect(p.getRequired('input')).to.equal('a b');
    expect(p.getInt('n')).to.equal(-5);
    expect(p.has('flag')).to.equal(true);
    expect(p.get('flag')).to.equal(undefined);
    expect(p.getDouble('rate')).to.equal(1.5);
    expect(p.getInt('missing', 3)).to.equal(3);
  });

  it('names the key that is missing or no number', () => {
    const p = ParameterTool.fromArgs(['--n', 'x']);
    expect(() => p.getRequired('input')).to.throw("No data for required key 'input'");
    expect(() => p.getInt('n')).to.throw(/'x' of key 'n'/);
    expect(() => ParameterTool.fromArgs(['stray'])).to.throw(/'stray'/);
  });
});
