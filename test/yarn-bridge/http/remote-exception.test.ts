import { expect } from 'chai';
import { parseRemoteException } from '../../../yarn-bridge/http/index.js';

const body = (remote: unknown): Buffer => Buffer.from(JSON.stringify({ RemoteException: remote }));

describe('an exception in the answer of a Hadoop server', () => {
  it('is known by the name of its class and its first line', () => {
    const remote = { javaClassName: 'java.io.FileNotFoundException', message: 'java.io.IOException: no /x\n\tat a.b' };
    expect(parseRemoteException(body(remote))).to.deep.equal({ exception: 'FileNotFoundException', message: 'no /x' });
    expect(parseRemoteException({ RemoteException: { exception: 'A', message: null } })).to.deep.equal({
      exception: 'A',
      message: '',
    });
    expect(parseRemoteException(body({}))).to.deep.equal({ exception: 'Exception', message: '' });
  });

  it('is not seen in what has none, or has it in another form', () => {
    for (const other of ['no json', 'null', '1', '[]', '{}', Buffer.from('')]) {
      expect(parseRemoteException(other), String(other)).to.equal(undefined);
    }
    for (const other of [null, 'text', { exception: 1 }, { javaClassName: null }, { message: {} }]) {
      expect(parseRemoteException(body(other)), JSON.stringify(other)).to.equal(undefined);
    }
  });
});
