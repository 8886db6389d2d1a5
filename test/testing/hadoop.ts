/** A Hadoop under test, real or embedded. The conformance suite sees nothing but this. */
export interface HadoopUnderTest {
  /** What HADOOP_CONF_DIR points to. */
  readonly confDir: string;
  /** Everything the cluster keeps on local disk lies below. */
  readonly dir: string;
  readonly nodes: number;
  /** SIGKILL to a daemon: namenode, resourcemanager, nodemanager1 … */
  kill(daemon: string): Promise<void>;
  /** Starts a killed daemon on its old ports; resolves when the cluster is whole again. */
  startDaemon(daemon: string): Promise<void>;
  stop(): Promise<void>;
}

export interface HadoopOptions {
  dir: string;
  nodes?: number;
  /** Per node, and the largest container. */
  memoryMb?: number;
  vcores?: number;
  /** yarn-site.xml keys over the suite's own. */
  conf?: Record<string, string>;
}

/**
 * The Hadoop that this run is about: MILLRACE_TEST_HADOOP=real takes Apache Hadoop's jars, anything else the embedded
 * one. Only this function knows.
 */
export async function startHadoop(options: HadoopOptions): Promise<HadoopUnderTest> {
  if (process.env['MILLRACE_TEST_HADOOP'] === 'real') {
    const { RealHadoop } = await import('../hadoop/real-hadoop.js');
    return RealHadoop.start(options);
  }
  const { startEmbeddedHadoop } = await import('./embedded-hadoop.js');
  return startEmbeddedHadoop(options);
}
