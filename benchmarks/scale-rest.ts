import { pack } from 'msgpackr';
import type { JobGraph } from '../core/graph/index.js';
import type { ClusterOverview, JobOverviewEntry, JobWaiting } from '../core/protocol/index.js';

/** What the scale benchmark asks of a JobManager: bare requests, as its answers are timed. Rejects with what it says. */
export class ScaleRest {
  /** `http://host:port` */
  constructor(readonly address: string) {}

  overview(): Promise<ClusterOverview> {
    return this.send('GET', '/overview');
  }

  async jobs(): Promise<JobOverviewEntry[]> {
    return (await this.send<{ jobs: JobOverviewEntry[] }>('GET', '/jobs/overview')).jobs;
  }

  status(jobId: string): Promise<JobWaiting> {
    return this.send('GET', `/jobs/${jobId}/status`);
  }

  async submit(jobGraph: JobGraph, bundle: Uint8Array | undefined): Promise<void> {
    const body = pack({ jobGraph, ...(bundle && { bundle }) });
    await this.send('POST', '/jobs', body, 'application/x-millrace-job');
  }

  async cancel(jobId: string): Promise<void> {
    await this.send('PATCH', `/jobs/${jobId}?mode=cancel`, Buffer.from('{}'), 'application/json');
  }

  private async send<T>(method: string, path: string, body?: Buffer, type?: string): Promise<T> {
    const response = await fetch(`${this.address}${path}`, {
      method,
      ...(body && { body: new Uint8Array(body) }),
      ...(type !== undefined && { headers: { 'content-type': type } }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }
}
