import { type Configuration, Options } from '../../core/config/index.js';
import { MillraceError } from '../../core/errors.js';
import { type Closeable, Lifecycle } from '../../core/lifecycle.js';
import { formatHostPort } from '../../yarn-bridge/conf/index.js';
import { type ClusterClient, StandaloneClusterClient } from '../deploy/cluster-client.js';
import type { HadoopAccess as Hadoop } from '../deploy/hadoop-access.js';
import { interruptible } from '../deploy/interruptible.js';
import { RestClient } from '../rest/index.js';
import { type CliIo, UsageError } from './io.js';
import type { ResolvedTarget, Target } from './target.js';

/** A running cluster for one command; closing it ends the connections, not the cluster. */
export interface OpenCluster extends Closeable {
  client: ClusterClient;
}

/** Connects to the cluster that an action is about. On YARN it sweeps on the way what hard kills left in HDFS. */
export async function openCluster(io: CliIo, { target, configuration }: ResolvedTarget): Promise<OpenCluster> {
  switch (target.type) {
    case 'remote':
      return openRemote(io, target, configuration);
    case 'session':
      return openSession(io, target, configuration);
    default:
      throw new UsageError('No cluster is named: use -m host:port, or -yid for a YARN session.');
  }
}

function openRemote(io: CliIo, target: { host: string; port: number }, configuration: Configuration): OpenCluster {
  const rest = new RestClient({
    address: `http://${formatHostPort(target)}`,
    timeout: configuration.get(Options.clientTimeout),
    signal: io.interrupted,
  });
  // `run` packs its program first, in a process of esbuild's.
  rest.prepare();
  const client = new StandaloneClusterClient(rest);
  return { client, close: () => client.close() };
}

async function openSession(
  io: CliIo,
  { applicationId, file }: Target & { type: 'session' },
  configuration: Configuration,
): Promise<OpenCluster> {
  const [{ HadoopAccess }, { YarnClusterClient }, { sweepStaging }] = await Promise.all([
    import('../deploy/hadoop-access.js'),
    import('../deploy/yarn-cluster-client.js'),
    import('../deploy/sweep.js'),
  ]);
  const lifecycle = new Lifecycle();
  const hadoop = lifecycle.own(openHadoop());
  const sweep = sweepStaging(hadoop, text => io.err(text));
  lifecycle.defer(() => sweep);
  try {
    const attach = YarnClusterClient.attach(hadoop, applicationId, configuration.get(Options.clientTimeout));
    const client = lifecycle.own(await interruptible(attach, io.interrupted));
    if (file) io.err(`Using session ${applicationId} of ${file.path}`);
    return { client, close: () => lifecycle.close() };
  } catch (error) {
    const gone = error instanceof MillraceError && /^APPLICATION_(NOT_FOUND|FAILED)$/.test(error.code);
    const failure = file && gone ? await forgetSession(error) : error;
    await lifecycle.close();
    throw failure;
  }

  function openHadoop(): Hadoop {
    try {
      return HadoopAccess.open(configuration, io.env);
    } catch (error) {
      if (!file || !(error instanceof MillraceError) || error.code !== 'HADOOP_NOT_CONFIGURED') throw error;
      throw new MillraceError(
        error.code,
        `${error.message} It is asked for because ${file.path} names the YARN session ${applicationId}: to use another ` +
          'cluster say -m host:port, or remove that file.',
        { domain: 'user', cause: error },
      );
    }
  }

  async function forgetSession(error: MillraceError): Promise<MillraceError> {
    // A ResourceManager that recovers may not know the application for a moment.
    const report = await hadoop.resourceManager.report(applicationId, { keepTrying: 3000 }).catch(() => undefined);
    const { isFinal } = await import('../../yarn-bridge/rest/index.js');
    if (report && !isFinal(report.state)) return error;
    file?.remove();
    return new MillraceError(
      'APPLICATION_NOT_FOUND',
      `The YARN session ${applicationId} that ${file?.path} names has ended. The file was removed: start a session with ` +
        'yarn-session.sh, or say where the job is to run (-m yarn-cluster, -m host:port, -yid).',
      { domain: 'user', cause: error, context: { applicationId, path: file?.path ?? '' } },
    );
  }
}
