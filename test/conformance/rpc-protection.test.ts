import { expect } from 'chai';
import { hadoopUser } from '../../yarn-bridge/conf/index.js';
import {
  AM_PROTOCOL,
  type Authentication,
  ClientConnection,
  CONTAINER_PROTOCOL,
  formatContainerId,
} from '../../yarn-bridge/rpc/index.js';
import { type HadoopUnderTest, startHadoop } from '../testing/hadoop.js';
import { tempDir } from '../testing/temp-dir.js';
import { UnmanagedMaster } from '../testing/unmanaged-master.js';

const LEVELS = [
  { level: 'integrity', qop: 'auth-int' },
  { level: 'privacy', qop: 'auth-conf' },
] as const;

for (const { level, qop } of LEVELS) {
  describe(`A cluster whose hadoop.rpc.protection is ${level}`, function () {
    this.timeout(120_000);
    let hadoop: HadoopUnderTest;
    let master: UnmanagedMaster;

    before(async () => {
      const conf = { 'hadoop.rpc.protection': level };
      hadoop = await startHadoop({ dir: tempDir(), nodes: 1, memoryMb: 1024, conf });
      master = await UnmanagedMaster.start(hadoop, hadoopUser(process.env));
    });
    after(async () => {
      await master?.close();
      await hadoop?.stop();
    });

    async function agreedWith(
      address: { host: string; port: number },
      protocol: string,
      authentication: Authentication,
    ): Promise<string> {
      const connection = await ClientConnection.open({ ...address, protocol, authentication });
      connection.close();
      return connection.protection;
    }

    it(`runs a container, with ${qop} between the master and both daemons`, async () => {
      await master.client.register({ host: 'localhost', rpc_port: 1, tracking_url: '' });
      await master.askFor(1, 128);
      await master.until(() => master.granted.length > 0);
      const container = master.granted[0]!;
      // Longer than what one protected message may carry.
      const environment = [{ key: 'LONG', value: 'x'.repeat(100_000) }];
      await master.containers.startContainer(container, { command: ['exit 3'], environment });
      await master.until(() => master.completed.length > 0);
      expect(formatContainerId(master.completed[0]!.container_id)).to.equal(formatContainerId(container.id));
      expect(master.completed[0]!.exit_status).to.equal(3);

      const asMaster = { type: 'token', token: master.token } as const;
      expect(await agreedWith(master.schedulerAddress, AM_PROTOCOL, asMaster)).to.equal(qop);
      const [node] = master.nodeTokens;
      const toNode = { type: 'token', token: node!.token } as const;
      expect(await agreedWith(node!.nodeId, CONTAINER_PROTOCOL, toNode)).to.equal(qop);
    });
  });
}
