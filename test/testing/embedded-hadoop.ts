import { MiniHadoop } from '../../yarn-bridge/mini/index.js';
import type { HadoopOptions, HadoopUnderTest } from './hadoop.js';

/** The embedded Hadoop behind the interface of the conformance suite. */
export async function startEmbeddedHadoop({
  dir,
  nodes = 1,
  memoryMb = 8192,
  vcores = 8,
  conf = {},
}: HadoopOptions): Promise<HadoopUnderTest> {
  const mini = await MiniHadoop.start({ dir, nodes, memoryMb, vcores, conf });
  return {
    confDir: mini.env.HADOOP_CONF_DIR,
    dir,
    nodes,
    kill: name => mini.kill(name),
    startDaemon: name => mini.start(name),
    stop: () => mini.stop(),
  };
}
