import { setTimeout as delay } from 'node:timers/promises';
import { MillraceError } from '../../core/errors.js';
import type { JobGraph } from '../../core/graph/index.js';
import type { HexId } from '../../core/ids.js';
import type { Closeable } from '../../core/lifecycle.js';
import type {
  ClusterOverview,
  ExecutionResult,
  JobOverviewEntry,
  JobWaiting,
  SubmitResponse,
} from '../../core/protocol/index.js';
import { type HttpAnswer, HttpClient, isPassing, type Peer } from '../../yarn-bridge/http/index.js';
import { restFailure } from './rest-failure.js';

export interface RestClientOptions {
  /** `http://host:8081` */
  address: string;
  /** On YARN: goes with every request. */
  token?: string;
  /** Milliseconds for a request. Default 60,000 (`client.timeout`). */
  timeout?: number;
  /** Milliseconds before each repetition of a request that may be repeated. Default 200, 600. */
  retryDelays?: readonly number[];
  /** For messages. */
  peer?: Peer;
  /** Ends requests and waits between them. */
  signal?: AbortSignal;
}

const JOB_MANAGER: Peer = {
  what: 'the JobManager',
  check: 'Is the cluster running, and are rest.address and rest.port (or -m host:port) right?',
};
const JOB_TYPE = 'application/x-millrace-job';

/**
 * The JobManager's REST API. Reading is repeated after passing failures; submitting, cancelling and stopping are not.
 * Errors: CONNECTION_FAILED and TIMEOUT with the address, else what the server says: JOB_NOT_FOUND, ILLEGAL_ARGUMENT,
 * ILLEGAL_STATE (already ended), AUTHENTICATION_FAILED, NO_RESOURCE_AVAILABLE, REMOTE.
 */
export class RestClient implements Closeable {
  constructor(
    private readonly options: RestClientOptions,
    private readonly http = new HttpClient(),
  ) {}

  /** This client without its signal, for what is to be done after an interruption; closed with this one. */
  uninterrupted(): RestClient {
    const { signal: _signal, ...options } = this.options;
    return new RestClient(options, this.http);
  }

  /** Loads what the first request needs while its caller waits for something else. */
  prepare(): void {
    this.http.prepare();
  }

  get address(): string {
    return this.options.address;
  }

  overview(): Promise<ClusterOverview> {
    return this.read('/overview');
  }

  async jobs(): Promise<JobOverviewEntry[]> {
    return (await this.read<{ jobs: JobOverviewEntry[] }>('/jobs/overview')).jobs;
  }

  /** State, what the job waits for, why it failed. */
  status(jobId: HexId): Promise<JobWaiting> {
    return this.read(`/jobs/${jobId}/status`, jobId);
  }

  executionResult(jobId: HexId): Promise<ExecutionResult> {
    return this.read(`/jobs/${jobId}/execution-result`, jobId);
  }

  /** Resolves when the cluster took the job. */
  async submit(jobGraph: JobGraph, bundle: Uint8Array | undefined): Promise<SubmitResponse> {
    const { pack } = await import('msgpackr');
    const body = pack({ jobGraph, ...(bundle && { bundle }) });
    return this.json(await this.send('POST', '/jobs', { body, contentType: JOB_TYPE }), '/jobs');
  }

  /** Asks for the end of a job; it has not ended yet when this resolves. */
  async cancel(jobId: HexId): Promise<void> {
    // A PATCH without a body would go out as a form, which no JobManager reads.
    const body = Buffer.from('{}');
    await this.send('PATCH', `/jobs/${jobId}?mode=cancel`, { jobId, body, contentType: 'application/json' });
  }

  /** Asks the cluster to end. */
  async shutDownCluster(): Promise<void> {
    await this.send('DELETE', '/cluster');
  }

  close(): void {
    this.http.close();
  }

  private async read<T>(path: string, jobId?: HexId): Promise<T> {
    const delays = this.options.retryDelays ?? [200, 600];
    for (let attempt = 0; ; attempt++) {
      try {
        return this.json(await this.send('GET', path, { ...(jobId !== undefined && { jobId }) }), path);
      } catch (error) {
        const wait = delays[attempt];
        if (wait === undefined || !isPassing(error) || this.http.signal.aborted) throw error;
        await delay(wait, undefined, { ...(this.options.signal && { signal: this.options.signal }) }).catch(() => {
          throw this.options.signal?.reason as Error;
        });
      }
    }
  }

  private async send(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    call: { body?: Buffer; contentType?: string; jobId?: HexId } = {},
  ): Promise<HttpAnswer> {
    const { address, token, timeout = 60_000, peer = JOB_MANAGER, signal } = this.options;
    const answer = await this.http.send({
      method,
      url: `${address}/v1${path}`,
      peer,
      timeout,
      reuse: method === 'GET',
      headers: {
        Accept: 'application/json',
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...(call.contentType !== undefined && { 'Content-Type': call.contentType }),
      },
      ...(call.body && { body: call.body }),
      ...(signal && { signal }),
    });
    if (answer.status < 200 || answer.status > 299) throw restFailure(answer, address, call.jobId);
    return answer;
  }

  private json<T>(answer: HttpAnswer, path: string): T {
    try {
      return JSON.parse(String(answer.body)) as T;
    } catch (cause) {
      const { address } = this.options;
      const message = `What answers at ${address}${path} is no JobManager: its answer is no JSON. Check rest.address and rest.port.`;
      throw new MillraceError('REMOTE', message, { cause, context: { address } });
    }
  }
}
