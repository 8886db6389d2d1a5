import { MillraceError } from '../../core/errors.js';
import type { HexId } from '../../core/ids.js';
import type { Closeable } from '../../core/lifecycle.js';
import type { RestClient } from '../rest/index.js';

/** A cluster that runs, to be spoken to. */
export interface ClusterClient extends Closeable {
  readonly rest: RestClient;
  /** On YARN. */
  readonly applicationId?: string;
  /** `http://host:port` */
  readonly webInterface: string;
  /** Says more about a failed call: an ApplicationMaster that does not answer may have ended, and YARN knows why. */
  explain(error: unknown): Promise<unknown>;
  /**
   * Per-job: how the job ended, by what YARN says about its application; undefined where that says nothing about a job.
   * Throws if it failed.
   */
  outcomeWithoutRest(jobId: HexId): Promise<'SUCCEEDED' | 'KILLED' | undefined>;
}

/** True if an error means that nobody was there to answer. */
export function isLost(error: unknown): boolean {
  return error instanceof MillraceError && (error.code === 'CONNECTION_FAILED' || error.code === 'TIMEOUT');
}

/** A standalone cluster. */
export class StandaloneClusterClient implements ClusterClient {
  constructor(readonly rest: RestClient) {}

  get webInterface(): string {
    return this.rest.address;
  }

  async explain(error: unknown): Promise<unknown> {
    return error;
  }

  async outcomeWithoutRest(): Promise<undefined> {
    return undefined;
  }

  close(): void {
    this.rest.close();
  }
}
