import { expect } from 'chai';
import { deserializeError, MillraceError, serializeError, toError } from '../../core/errors.js';
import { HadoopRemoteError } from '../../yarn-bridge/rpc/index.js';

const LONG = 'x'.repeat(1_000_000);

describe('what was thrown', () => {
  it('is shown by its value where it is no error, without a stack of who caught it', () => {
    for (const [thrown, shown] of [
      ['a text', 'a text'],
      [undefined, 'undefined'],
      [{ code: 7, why: { deep: [1n] } }, '{ code: 7, why: { deep: [ 1n ] } }'],
      [Object.create(null), '[Object: null prototype] {}'],
      [Symbol('s'), 'Symbol(s)'],
      [{ toString: () => missing() }, '{ toString: [Function: toString] }'],
    ] as const) {
      const { message, stack } = toError(thrown);
      expect(message).to.equal(`thrown value: ${shown}`);
      expect(stack).to.equal(message);
    }
  });

  it('is shown somehow if reading it throws', () => {
    const error = new Error('hidden');
    Object.defineProperty(error, 'message', { get: missing });
    for (const thrown of [error, new Proxy({}, { get: missing, ownKeys: missing, getPrototypeOf: missing })]) {
      expect(toError(thrown).message).to.match(/^thrown value: /);
      expect(serializeError(thrown).message).to.match(/^thrown value: /);
    }
  });

  it('travels with its causes, class name, code and stack', () => {
    const cause = new RangeError('too far');
    const error = new MillraceError('TASK_FAILED', 'it failed', { cause, context: { subtask: 1 } });
    const copy = deserializeError(serializeError(error)) as MillraceError;
    expect(copy).to.include({ code: 'TASK_FAILED', message: 'it failed', domain: 'user' });
    expect(copy.context).to.deep.equal({ subtask: 1 });
    expect(copy.cause).to.include({ name: 'RangeError', message: 'too far', stack: cause.stack });
  });

  it('has no stack of who reads it if it had none itself', () => {
    const error = new TypeError('bare');
    delete error.stack;
    expect(deserializeError(serializeError(error)).stack).to.equal('TypeError: bare');
  });

  it('travels in a bounded size, and still says where it happened', () => {
    const error = new Error(LONG);
    const { message, stack } = serializeError(error);
    expect(message)
      .to.have.length.lessThan(40_000)
      .and.match(/^x+ … \(967232 more characters\)$/);
    expect(stack).to.have.length.lessThan(80_000).and.include('errors.test.ts');
    expect(serializeError(LONG).message).to.have.length.lessThan(40_000);
  });
});

function missing(): never {
  throw new Error('a trap');
}

describe('MillraceError', () => {
  it('takes errors of another copy of its class for its own, and others not', () => {
    const copy = Object.assign(new Error('x'), { ...new MillraceError('INTERNAL', 'x') });
    for (const symbol of Object.getOwnPropertySymbols(new MillraceError('INTERNAL', 'x'))) {
      Object.defineProperty(copy, symbol, { value: true });
    }
    expect(copy).to.be.instanceOf(MillraceError);
    expect(new Error('x')).to.not.be.instanceOf(MillraceError);
  });

  it('is not one of its subclasses', () => {
    const remote = new HadoopRemoteError('java.io.IOException', 'x', false, 'host:1');
    expect(remote).to.be.instanceOf(MillraceError);
    expect(remote).to.be.instanceOf(HadoopRemoteError);
    expect(new MillraceError('INTERNAL', 'x')).to.not.be.instanceOf(HadoopRemoteError);
  });
});
