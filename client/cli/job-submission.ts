import { MillraceError } from '../../core/errors.js';
import type { JobGraph } from '../../core/graph/index.js';
import type { ClusterClient } from '../deploy/cluster-client.js';

/** A job that a cluster took. */
export interface SubmittedJob {
  client: ClusterClient;
  /** The cluster ends with the job. */
  perJob: boolean;
}

/** Where the jobs of one `flink run` go. */
export interface JobSubmitter {
  submit(jobGraph: JobGraph, bundle: Uint8Array): Promise<SubmittedJob>;
  /** Attached, after the last job: waits until clusters that were made for the jobs are gone. */
  untilEnded?(): Promise<void>;
  /** After an interruption: makes sure that no cluster that was made for a job goes on. */
  endApplications?(): Promise<void>;
  close(): Promise<void> | void;
}

/** To a cluster that is there. */
export class RunningClusterSubmitter implements JobSubmitter {
  constructor(private readonly cluster: Promise<{ client: ClusterClient; close(): Promise<void> | void }>) {
    // Who submits first learns of a failure; until then the program's own mistakes come first.
    cluster.catch(() => {});
  }

  async submit(jobGraph: JobGraph, bundle: Uint8Array): Promise<SubmittedJob> {
    const { client } = await this.cluster;
    try {
      await client.rest.submit(jobGraph, bundle);
    } catch (error) {
      const cause = await client.explain(error);
      throw new MillraceError('REMOTE', `Could not submit the job ${jobGraph.jobName}.`, { cause });
    }
    return { client, perJob: false };
  }

  async close(): Promise<void> {
    const cluster = await this.cluster.catch(() => undefined);
    await cluster?.close();
  }
}
