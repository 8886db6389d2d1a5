import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { HadoopConfiguration } from '../../../yarn-bridge/conf/index.js';
import { HdfsFileSystem } from '../../../yarn-bridge/hdfs/index.js';
import { NodeManagerRest, ResourceManagerRest } from '../../../yarn-bridge/rest/index.js';
import { fails } from '../../core/fs/file-system-contract.js';

const fixture = (name: string): Buffer => readFileSync(new URL(`fixtures/${name}`, import.meta.url));

describe('A Hadoop whose http policies are HTTPS_ONLY', () => {
  let server: Server;
  let conf: HadoopConfiguration;
  let address: string;

  before(async () => {
    // Signed by nobody whom this process trusts.
    server = createServer({ key: fixture('key.pem'), cert: fixture('certificate.pem') });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    conf = HadoopConfiguration.fromRecord({
      'fs.defaultFS': 'hdfs://127.0.0.1:8020',
      'dfs.http.policy': 'HTTPS_ONLY',
      'dfs.namenode.https-address': address,
      'yarn.http.policy': 'https_only',
      'yarn.resourcemanager.webapp.https.address': address,
    });
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const distrusted = async (call: Promise<unknown>): Promise<void> => {
    const error = await fails('CONNECTION_FAILED', () => call);
    expect(error.message)
      .to.contain(address)
      .and.to.match(/certificate is not trusted \(.*self.signed.*\)/);
    expect(error.message).to.contain('NODE_EXTRA_CA_CERTS');
  };

  it('is asked by HTTPS, and says how its certificate becomes trusted: the ResourceManager', async () => {
    const rm = ResourceManagerRest.fromConfiguration(conf, 'alice', { retryDelays: [] });
    await distrusted(rm.clusterInfo());
    rm.close();
  });

  it('so are nodes, whose addresses come without a scheme', async () => {
    const nodes = NodeManagerRest.fromConfiguration(conf, 'alice');
    await distrusted(nodes.containerLogs(address, 'container_1795482676854_0004_01_000001'));
    nodes.close();
  });

  it('and the NameNode, by both ways to it', async () => {
    const hdfs = HdfsFileSystem.fromConfiguration(conf, undefined, 'alice', { retryDelays: [] });
    await distrusted(hdfs.stat('/x'));
    await distrusted(hdfs.delete('/x'));
    await hdfs.close();
  });
});
