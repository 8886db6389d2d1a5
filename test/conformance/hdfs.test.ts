import { loadHadoopConfiguration } from '../../yarn-bridge/conf/index.js';
import { HdfsFileSystem } from '../../yarn-bridge/hdfs/index.js';
import { fileSystemContract } from '../core/fs/file-system-contract.js';
import { type HadoopUnderTest, startHadoop } from '../testing/hadoop.js';
import { tempDir } from '../testing/temp-dir.js';

const USER = process.env['HADOOP_USER_NAME'] ?? process.env['USER'] ?? 'root';

describe('HDFS', function () {
  this.timeout(120_000);
  let hadoop: HadoopUnderTest;
  let counter = 0;

  before(async () => {
    hadoop = await startHadoop({ dir: tempDir(), nodes: 1, memoryMb: 1024 });
  });
  after(() => hadoop?.stop());

  fileSystemContract(async () => {
    const conf = loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: hadoop.confDir } });
    const fs = HdfsFileSystem.fromConfiguration(conf, 'hdfs:///', USER);
    const root = `${fs.root}/tmp/contract-${counter++}`;
    await fs.mkdirs(root);
    return { fs, root };
  });
});
