import { expect } from 'chai';
import type { MillraceError } from '../../../core/errors.js';
import { ApplicationMasterClient } from '../../../yarn-bridge/rpc/application-master-client.js';
import {
  type AllocateRequest,
  type AllocateResponse,
  AM_PROTOCOL,
  type Token,
} from '../../../yarn-bridge/rpc/messages.js';
import { HadoopRpcServer, type RpcMethod, RpcServerError } from '../../../yarn-bridge/rpc/server.js';
import { Relay } from '../../testing/relay.js';

const token = (name: string): Token => ({
  identifier: Buffer.from(name),
  password: Buffer.from(`secret of ${name}`),
  kind: 'YARN_AM_RM_TOKEN',
  service: '',
});
const REGISTRATION = { host: 'localhost', rpc_port: 1, tracking_url: '' };
const END = { final_application_status: 1, diagnostics: '', tracking_url: '' };
const refusal = (name: string, text = 'no'): RpcServerError =>
  new RpcServerError(`org.apache.hadoop.yarn.exceptions.${name}`, text);

/** A ResourceManager of which a test says how it answers. */
class FakeResourceManager {
  registered = false;
  registrations = 0;
  finished = 0;
  readonly responseIds: number[] = [];
  /** Names of the tokens by which connections were made. */
  readonly tokens: string[] = [];
  good = ['first'];
  answer: (request: AllocateRequest) => Partial<AllocateResponse> | Promise<Partial<AllocateResponse>> = () => ({});
  onRegister: () => unknown = () => {};
  rpc!: HadoopRpcServer;

  static async start(): Promise<FakeResourceManager> {
    const rm = new FakeResourceManager();
    rm.rpc = await HadoopRpcServer.listen({
      host: '127.0.0.1',
      port: 0,
      authentication: {
        type: 'token',
        password: identifier => {
          if (!rm.good.includes(String(identifier))) throw refusal('InvalidToken');
          rm.tokens.push(String(identifier));
          return Buffer.from(token(String(identifier)).password);
        },
      },
      protocols: { [AM_PROTOCOL]: rm.protocol() },
    });
    return rm;
  }

  /** Knows no attempt any more. */
  restart(): void {
    this.registered = false;
  }

  private protocol(): Record<string, RpcMethod> {
    const mustBeRegistered = (): void => {
      if (!this.registered) throw refusal('ApplicationMasterNotRegisteredException');
    };
    return {
      registerApplicationMaster: {
        request: 'RegisterApplicationMasterRequest',
        response: 'RegisterApplicationMasterResponse',
        handle: async () => {
          if (this.registered)
            throw refusal('InvalidApplicationMasterRequestException', 'Application Master is already registered : app');
          this.registered = true;
          this.registrations++;
          await this.onRegister();
          return { maximumCapability: { memory: 1024, virtual_cores: 1 } };
        },
      },
      allocate: {
        request: 'AllocateRequest',
        response: 'AllocateResponse',
        handle: async (request: AllocateRequest) => {
          mustBeRegistered();
          const id = request.response_id ?? 0;
          this.responseIds.push(id);
          return { response_id: id + 1, ...(await this.answer(request)) };
        },
      },
      finishApplicationMaster: {
        request: 'FinishApplicationMasterRequest',
        response: 'FinishApplicationMasterResponse',
        handle: () => {
          mustBeRegistered();
          return { isUnregistered: ++this.finished > 1 };
        },
      },
    };
  }
}

describe('ApplicationMasterClient', () => {
  const closeables: Array<() => unknown> = [];
  let rm: FakeResourceManager;
  let relay: Relay;
  let again: number;

  beforeEach(async () => {
    again = 0;
    rm = await startedRm();
    relay = await Relay.to(rm.rpc.port);
    closeables.push(() => relay.close());
  });
  afterEach(async () => {
    for (const close of closeables.splice(0).reverse()) await close();
  });

  async function startedRm(): Promise<FakeResourceManager> {
    const started = await FakeResourceManager.start();
    closeables.push(() => started.rpc.close());
    return started;
  }
  function client(ports = [relay.port], options: { retryForMs?: number; timeoutMs?: number } = {}) {
    const made = new ApplicationMasterClient({
      addresses: ports.map(port => ({ host: '127.0.0.1', port })),
      token: token('first'),
      retryForMs: 20_000,
      onReRegistered: () => again++,
      ...options,
    });
    closeables.push(() => made.close());
    return made;
  }
  async function rejection(promise: Promise<unknown>): Promise<MillraceError> {
    return promise.then(
      () => {
        throw new Error('nothing was thrown');
      },
      (error: MillraceError) => error,
    );
  }

  it('sends a heartbeat whose answer was lost again, under the same response id', async () => {
    const master = client();
    await master.register(REGISTRATION);
    await master.allocate([], []);
    rm.answer = () => {
      rm.answer = () => ({});
      relay.cut();
      return {};
    };
    expect((await master.allocate([], [])).response_id).to.equal(2);
    expect(rm.responseIds).to.deep.equal([0, 1, 1]);
    expect(again).to.equal(0);
  });

  it('makes its next connection with the token that came last', async () => {
    const master = client();
    await master.register(REGISTRATION);
    rm.answer = () => ({ am_rm_token: token('second') });
    await master.allocate([], []);
    rm.answer = () => ({});
    rm.good = ['second'];
    await master.allocate([], []);
    expect(rm.tokens).to.deep.equal(['first']);
    relay.cut();
    await master.allocate([], []);
    expect(rm.tokens).to.deep.equal(['first', 'second']);
  });

  it('leaves a ResourceManager that fell silent for the next one, where it registers', async () => {
    const other = await startedRm();
    const master = client([relay.port, other.rpc.port], { timeoutMs: 300 });
    await master.register(REGISTRATION);
    await master.allocate([], []);
    relay.silence();
    await master.allocate([], []);
    await master.allocate([], []);
    expect(again).to.equal(1);
    expect([rm.responseIds, other.responseIds]).to.deep.equal([[0], [0]]);
  });

  it('goes past one that takes connections and says nothing, and one that is standby', async () => {
    relay.silence();
    const standby = await startedRm();
    standby.onRegister = () => {
      standby.registered = false;
      throw new RpcServerError('org.apache.hadoop.ipc.StandbyException', 'Operation is not supported in state standby');
    };
    const other = await startedRm();
    const master = client([relay.port, standby.rpc.port, other.rpc.port], { timeoutMs: 300 });
    await master.register(REGISTRATION);
    expect([rm.registrations, standby.registrations, other.registrations]).to.deep.equal([0, 1, 1]);
  });

  it('registers again after a restart, says so, and begins to count anew', async () => {
    const master = client();
    await master.register(REGISTRATION);
    await master.allocate([], []);
    await master.allocate([], []);
    rm.restart();
    await master.allocate([], []);
    expect([rm.registrations, again]).to.deep.equal([2, 1]);
    await master.allocate([], []);
    expect(rm.responseIds).to.deep.equal([0, 1, 0]);
  });

  it('takes itself for registered again where only the answer to that was lost', async () => {
    const master = client();
    await master.register(REGISTRATION);
    rm.restart();
    rm.onRegister = () => relay.cut();
    await master.allocate([], []);
    await master.allocate([], []);
    expect([rm.registrations, again]).to.deep.equal([2, 1]);
  });

  it('reports the end also to one that was restarted since the last heartbeat', async () => {
    const master = client();
    await master.register(REGISTRATION);
    await master.allocate([], []);
    rm.restart();
    await master.finish(END);
    expect([rm.registrations, rm.finished]).to.deep.equal([2, 2]);
  });

  it('takes a token that is refused for the end of its attempt', async () => {
    const master = client();
    await master.register(REGISTRATION);
    rm.good = [];
    relay.cut();
    expect((await rejection(master.allocate([], []))).code).to.equal('APPLICATION_NOT_FOUND');
  });

  it('gives up in the end, naming who did not answer', async () => {
    const { port } = relay;
    const master = client([port], { retryForMs: 0 });
    await relay.close();
    const error = await rejection(master.register(REGISTRATION));
    expect(error.code).to.equal('CONNECTION_FAILED');
    expect(error.message).to.contain(`127.0.0.1:${port}`);
  });

  it('ends its waiting when it is closed', async () => {
    const { port } = relay;
    await relay.close();
    const master = client([port], { retryForMs: Number.POSITIVE_INFINITY });
    const registering = rejection(master.register(REGISTRATION));
    master.close();
    expect((await registering).code).to.be.oneOf(['CANCELED', 'CONNECTION_FAILED']);
  });
});
