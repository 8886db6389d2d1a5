import { expect } from 'chai';
import type { MillraceError } from '../../../core/errors.js';
import { ClientConnection } from '../../../yarn-bridge/rpc/client-connection.js';
import { CONTAINER_PROTOCOL } from '../../../yarn-bridge/rpc/messages.js';
import { HadoopRpcServer } from '../../../yarn-bridge/rpc/server.js';
import { Relay } from '../../testing/relay.js';

describe('ClientConnection', () => {
  const closeables: Array<() => unknown> = [];
  afterEach(async () => {
    for (const close of closeables.splice(0).reverse()) await close();
  });

  /** Answers getContainerStatuses, and startContainers never. */
  async function connected(timeoutMs: number): Promise<{ relay: Relay; connection: ClientConnection }> {
    const methods = { request: 'GetContainerStatusesRequest', response: 'GetContainerStatusesResponse' };
    const rpc = await HadoopRpcServer.listen({
      host: '127.0.0.1',
      port: 0,
      authentication: { type: 'simple' },
      protocols: {
        [CONTAINER_PROTOCOL]: {
          getContainerStatuses: { ...methods, handle: () => ({}) },
          startContainers: { ...methods, handle: () => new Promise<object>(() => {}) },
        },
      },
    });
    closeables.push(() => rpc.close());
    const relay = await Relay.to(rpc.port);
    closeables.push(() => relay.close());
    const connection = await ClientConnection.open({
      ...{ host: '127.0.0.1', port: relay.port, protocol: CONTAINER_PROTOCOL, timeoutMs },
      authentication: { type: 'simple', user: 'alice' },
    });
    closeables.push(() => connection.close());
    return { relay, connection };
  }
  const call = (connection: ClientConnection, method: string): Promise<unknown> =>
    connection.call(method, 'GetContainerStatusesRequest', {}, 'GetContainerStatusesResponse');
  const failure = (promise: Promise<unknown>): Promise<MillraceError> =>
    promise.then(
      () => {
        throw new Error('nothing was thrown');
      },
      (error: MillraceError) => error,
    );

  it('is given up when its daemon is silent for the time of a call, so that the next call makes a new one', async () => {
    const { relay, connection } = await connected(200);
    await call(connection, 'getContainerStatuses');
    relay.silence();
    const error = await failure(call(connection, 'getContainerStatuses'));
    expect(error.code).to.equal('TIMEOUT');
    expect(error.message).to.equal(`127.0.0.1:${relay.port} did not answer getContainerStatuses within 200 ms`);
    expect(connection.isOpen).to.equal(false);
    expect((await connection.closed).message).to.equal(error.message);
  });

  it('is kept when only one of its calls takes too long', async () => {
    const { connection } = await connected(1000);
    const slow = failure(call(connection, 'startContainers'));
    await call(connection, 'getContainerStatuses');
    expect((await slow).code).to.equal('TIMEOUT');
    expect(connection.isOpen).to.equal(true);
    await call(connection, 'getContainerStatuses');
  });

  it('that can not be made in time says so', async () => {
    const { relay } = await connected(200);
    relay.silence();
    const opened = ClientConnection.open({
      ...{ host: '127.0.0.1', port: relay.port, protocol: CONTAINER_PROTOCOL, timeoutMs: 200 },
      authentication: {
        type: 'token',
        token: { identifier: Buffer.from('x'), password: Buffer.from('y'), kind: 'NMToken', service: '' },
      },
    });
    expect((await failure(opened)).message).to.equal(`127.0.0.1:${relay.port} did not answer within 200 ms`);
  });
});
