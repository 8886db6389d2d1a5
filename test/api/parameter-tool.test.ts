import { expect } from 'chai';
import { MillraceError, ParameterTool } from '../../api/index.js';

describe('ParameterTool', () => {
  it('reads keys with one dash or two, flags, and negative numbers as values', () => {
    const p = ParameterTool.fromArgs([
      '--input',
      'a b',
      '-n',
      '-5',
      '--flag',
      '--rate',
      '1.5',
      '--empty',
      '',
      '--last',
    ]);
    expect(p.getRequired('input')).to.equal('a b');
    expect(p.getInt('n')).to.equal(-5);
    expect(p.has('flag')).to.equal(true);
    expect(p.get('flag')).to.equal(undefined);
    expect(p.get('flag', 'on')).to.equal('on');
    expect(p.getDouble('rate')).to.equal(1.5);
    expect(p.getFloat('rate')).to.equal(1.5);
    expect(p.getInt('missing', 3)).to.equal(3);
    expect(p.get('empty')).to.equal('');
    expect(p.has('last')).to.equal(true);
    expect(p.getNumberOfParameters()).to.equal(6);
  });

  it('reads booleans as Java does', () => {
    const p = ParameterTool.fromArgs(['--a', 'TRUE', '--b', 'yes']);
    expect([p.getBoolean('a'), p.getBoolean('b'), p.getBoolean('c', true)]).to.deep.equal([true, false, true]);
    expect(() => p.getBoolean('c')).to.throw("No data for required key 'c'");
  });

  it('takes the last value of a key that is given twice', () => {
    expect(ParameterTool.fromArgs(['--n', '1', '--n', '2']).getInt('n')).to.equal(2);
  });

  it('names the key that is missing, no number, or out of range', () => {
    const p = ParameterTool.fromArgs([
      '--n',
      'x',
      '--big',
      '4294967296',
      '--huge',
      '99999999999999999999',
      '--hex',
      '0x1f',
    ]);
    expect(() => p.getRequired('input')).to.throw(MillraceError, "No data for required key 'input'");
    expect(() => p.getInt('n')).to.throw(/'x' of key 'n'/);
    expect(() => p.getInt('big')).to.throw(/'4294967296' of key 'big' is not a whole number of 32 bits/);
    expect(p.getLong('big')).to.equal(4294967296);
    expect(() => p.getLong('huge')).to.throw(/below 2\^53/);
    expect(() => p.getDouble('hex')).to.throw(/'0x1f' of key 'hex'/);
  });

  for (const word of ['stray', '--', '-']) {
    it(`refuses '${word}' where a key should stand`, () => {
      expect(() => ParameterTool.fromArgs(['--a', 'b', word])).to.throw(MillraceError, `on '${word}'`);
    });
  }

  it('merges, and knows what the program never asked for', () => {
    const p = ParameterTool.fromMap({ a: '1', b: '2' });
    p.get('a');
    const merged = p.mergeWith(ParameterTool.fromArgs(['--b', '3', '--c']));
    expect(merged.toMap()).to.deep.equal({ a: '1', b: '3', c: '__NO_VALUE_KEY' });
    expect([...merged.getUnrequestedParameters()]).to.deep.equal(['b', 'c']);
  });
});
