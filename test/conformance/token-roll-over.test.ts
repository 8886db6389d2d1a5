import { expect } from 'chai';
import { hadoopUser } from '../../yarn-bridge/conf/index.js';
import {
  AM_PROTOCOL,
  ClientConnection,
  type Container,
  ContainerManagementClient,
  decodeMessage,
  formatContainerId,
  type HadoopRemoteError,
  type NMToken,
  type Token,
} from '../../yarn-bridge/rpc/index.js';
import { type HadoopUnderTest, startHadoop } from '../testing/hadoop.js';
import { Relay } from '../testing/relay.js';
import { tempDir } from '../testing/temp-dir.js';
import { UnmanagedMaster } from '../testing/unmanaged-master.js';

/** A new key becomes the only one after 1.5 × the expiry; rolls must be more than twice as far apart. */
const CONF = {
  'yarn.am.liveness-monitor.expiry-interval-ms': '5000',
  'yarn.resourcemanager.am-rm-tokens.master-key-rolling-interval-secs': '16',
  'yarn.nm.liveness-monitor.expiry-interval-ms': '5000',
  'yarn.resourcemanager.nm-tokens.master-key-rolling-interval-secs': '16',
};
/** Time for it, in which the other suites may keep the machine busy. */
const ROLLED = { timeout: 60_000 };

describe('A cluster that rolls the keys behind its tokens', function () {
  this.timeout(240_000);
  let hadoop: HadoopUnderTest;
  let relay: Relay;
  let master: UnmanagedMaster;

  before(async () => {
    hadoop = await startHadoop({ dir: tempDir(), nodes: 1, memoryMb: 1024, conf: CONF });
    const through = async ({ port }: { port: number }): Promise<number> => {
      relay = await Relay.to(port);
      return relay.port;
    };
    master = await UnmanagedMaster.start(hadoop, hadoopUser(process.env), { through });
    await master.client.register({ host: 'localhost', rpc_port: 1, tracking_url: '' });
  });
  after(async () => {
    await master?.close();
    await relay?.close();
    await hadoop?.stop();
  });

  /** Undefined: the ResourceManager takes it. */
  async function refusalOf(token: Token): Promise<Error | undefined> {
    try {
      const authentication = { type: 'token', token } as const;
      const connection = await ClientConnection.open({
        ...master.schedulerAddress,
        protocol: AM_PROTOCOL,
        authentication,
      });
      connection.close();
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }
  const isRefused = async (token: Token): Promise<boolean> => (await refusalOf(token)) !== undefined;

  async function grant(): Promise<Container> {
    const known = master.granted.length;
    await master.askFor(1, 128);
    await master.until(() => master.granted.length > known);
    return master.granted[known]!;
  }
  async function exitOf(container: Container): Promise<number | undefined> {
    const id = formatContainerId(container.id);
    const find = () => master.completed.find(c => formatContainerId(c.container_id) === id);
    await master.until(() => find() !== undefined);
    return find()!.exit_status;
  }
  async function exitOfNew(code: number, containers = master.containers): Promise<number | undefined> {
    const container = await grant();
    await containers.startContainer(container, { command: [`exit ${code}`] });
    return exitOf(container);
  }

  it('sends the ApplicationMaster a new AMRMToken, which is good at once, before it refuses the old one', async () => {
    expect(await exitOfNew(3)).to.equal(3);
    let first: Error | undefined;
    await master.until(async () => {
      const renewed = master.renewedTokens.at(-1);
      if (renewed) first ??= await refusalOf(renewed);
      return isRefused(master.token);
    }, ROLLED);
    expect(master.renewedTokens).to.not.have.length(0);
    expect(first).to.equal(undefined);
    const refusal = (await refusalOf(master.token)) as HadoopRemoteError;
    expect(refusal.code).to.equal('AUTHENTICATION_FAILED');
    expect(refusal.className).to.match(/SecretManager\$InvalidToken$/);
    expect(refusal.message).to.match(/Invalid AMRMToken from appattempt_/);
  });

  it('takes the ApplicationMaster back after its connection broke', async () => {
    relay.cut();
    await master.beat();
    expect(await exitOfNew(4)).to.equal(4);
  });

  it("gives it a node's NMToken anew after that key has rolled, with which it starts containers", async () => {
    const [first] = master.nodeTokens;
    const isNew = ({ token }: NMToken): boolean => keyOf(token) !== keyOf(first!.token);
    while (!master.nodeTokens.some(isNew)) expect(await exitOfNew(5)).to.equal(5);
    const fresh = new ContainerManagementClient();
    fresh.addTokens([master.nodeTokens.find(isNew)!]);
    expect(await exitOfNew(6, fresh)).to.equal(6);
    fresh.close();
  });
});

/** By which of the ResourceManager's keys a node's token was made. */
function keyOf(token: Token): number {
  return decodeMessage<{ keyId: number }>('NMTokenIdentifier', token.identifier).keyId;
}
