import { MillraceError } from '../../core/errors.js';
import { type ApplicationReport, isFinal } from '../../yarn-bridge/rest/index.js';
import { RestClient } from '../rest/index.js';
import { applicationFailure, readDiagnostics } from './application-failure.js';
import { RESOURCE_MANAGER_RECOVERY, untilEnded, untilReachable } from './application-watch.js';
import { type ClusterClient, isLost } from './cluster-client.js';
import type { HadoopAccess } from './hadoop-access.js';
import { StagingDirectory } from './staging.js';

export interface YarnClusterClientOptions {
  hadoop: HadoopAccess;
  applicationId: string;
  /** `host:port` of its REST server. */
  address: string;
  token: string;
  /** Milliseconds for a request. */
  timeout: number;
}

const PEER = {
  what: 'the ApplicationMaster',
  check: 'Can this host reach the cluster’s nodes, and is the application still running?',
};

/** Milliseconds that an ApplicationMaster has to end orderly before it is killed. */
const SHUTDOWN = 15_000;
/** Milliseconds in which YARN notices that an ApplicationMaster is gone. */
const NOTICE = 10_000;

/** An application of ours that runs on YARN. */
export class YarnClusterClient implements ClusterClient {
  readonly rest: RestClient;
  readonly applicationId: string;

  constructor(private readonly options: YarnClusterClientOptions) {
    const { address, token, timeout, applicationId } = options;
    this.applicationId = applicationId;
    this.rest = new RestClient({ address: `http://${address}`, token, timeout, peer: PEER });
  }

  /** Finds an application by its id. Throws APPLICATION_NOT_FOUND, or APPLICATION_FAILED for one that has ended. */
  static async attach(hadoop: HadoopAccess, applicationId: string, timeout: number): Promise<YarnClusterClient> {
    const report = await untilReachable(hadoop, applicationId);
    if (isFinal(report.state) || report.amAddress === undefined) throw ended(report);
    const staging = new StagingDirectory(hadoop.fileSystem, await hadoop.stagingDirectory(applicationId));
    const token = await staging.readToken();
    if (token === undefined) {
      const message =
        `${applicationId} (${report.name}, ${report.applicationType}, user ${report.user}) can't be attached to: there is no token of it in ` +
        `${staging.path}. Is it a session of this user, with the same yarn.staging-directory?`;
      throw new MillraceError('ACCESS_DENIED', message, { domain: 'user', context: { applicationId } });
    }
    return new YarnClusterClient({ hadoop, applicationId, address: report.amAddress, token, timeout });
  }

  get webInterface(): string {
    return this.rest.address;
  }

  async explain(error: unknown): Promise<unknown> {
    if (!isLost(error)) return error;
    const report = await this.reportOfLost().catch(() => undefined);
    if (!report || !isFinal(report.state)) return error;
    return applicationFailure(this.options.hadoop, report, 'while this command was using it');
  }

  async outcomeWithoutRest(): Promise<'SUCCEEDED' | 'KILLED'> {
    const report = await this.reportOfLost();
    if (report.finalStatus === 'SUCCEEDED' && report.state === 'FINISHED') return 'SUCCEEDED';
    if (report.finalStatus === 'KILLED' && report.state === 'FINISHED') return 'KILLED';
    throw await applicationFailure(this.options.hadoop, report, 'before its job did');
  }

  /** Asks the application to end, waits for it, and kills it if it does not. */
  async shutDown(signal: AbortSignal): Promise<ApplicationReport> {
    const { hadoop, applicationId } = this.options;
    try {
      await this.rest.shutDownCluster();
      return await untilEnded(hadoop, applicationId, { timeout: SHUTDOWN, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      await hadoop.resourceManager.kill(applicationId, { wait: SHUTDOWN });
      return hadoop.resourceManager.report(applicationId);
    } finally {
      // An orderly end removes it; after a hard one it is ours to do.
      const staging = new StagingDirectory(hadoop.fileSystem, await hadoop.stagingDirectory(applicationId));
      await staging.remove().catch(() => {});
    }
  }

  close(): void {
    this.rest.close();
  }

  /** YARN learns of a dead ApplicationMaster a moment after its connections broke. */
  private async reportOfLost(): Promise<ApplicationReport> {
    const { hadoop, applicationId } = this.options;
    const timeout = AbortSignal.timeout(NOTICE + RESOURCE_MANAGER_RECOVERY);
    return untilEnded(hadoop, applicationId, { timeout: NOTICE, signal: timeout });
  }
}

export function ended(report: ApplicationReport): MillraceError {
  const how = report.state === 'FINISHED' ? `FINISHED, final status ${report.finalStatus}` : report.state;
  const why = readDiagnostics(report.diagnostics);
  const message = `The application ${report.id} has ended (${how})${why === '' ? '.' : `: ${why}`}`;
  return new MillraceError('APPLICATION_FAILED', message, {
    domain: 'user',
    context: { applicationId: report.id, state: report.state },
  });
}
