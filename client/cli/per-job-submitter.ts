import type { Configuration } from '../../core/config/index.js';
import { MillraceError, messageOf } from '../../core/errors.js';
import type { JobGraph } from '../../core/graph/index.js';
import { slotsNeeded } from '../../core/graph/index.js';
import { Lifecycle } from '../../core/lifecycle.js';
import { untilEnded } from '../deploy/application-watch.js';
import type { ClusterSpecification } from '../deploy/cluster-specification.js';
import type { HadoopAccess } from '../deploy/hadoop-access.js';
import { sweepStaging } from '../deploy/sweep.js';
import type { YarnClusterClient } from '../deploy/yarn-cluster-client.js';
import { YarnClusterDescriptor } from '../deploy/yarn-cluster-descriptor.js';
import type { CliIo } from './io.js';
import type { JobSubmitter, SubmittedJob } from './job-submission.js';
import { stopInstructions } from './stop-instructions.js';

export interface PerJobOptions {
  hadoop: HadoopAccess;
  configuration: Configuration;
  specification: ClusterSpecification;
  detached: boolean;
}

/** Milliseconds that an application whose job has ended may take to go. */
const END_WAIT = 10_000;

/** Brings up an application on YARN for each job; it ends with its job. */
export class PerJobSubmitter implements JobSubmitter {
  private readonly lifecycle = new Lifecycle();
  private readonly clients: YarnClusterClient[] = [];
  private readonly sweep: Promise<void>;

  constructor(
    private readonly io: CliIo,
    private readonly options: PerJobOptions,
  ) {
    this.lifecycle.own(options.hadoop);
    this.sweep = sweepStaging(options.hadoop, text => io.err(text));
    this.lifecycle.defer(() => this.sweep);
  }

  async submit(jobGraph: JobGraph, bundle: Uint8Array): Promise<SubmittedJob> {
    const { hadoop, configuration, specification, detached } = this.options;
    refuseWhatNeverFits(jobGraph, specification);
    const { pack } = await import('msgpackr');
    const descriptor = new YarnClusterDescriptor(hadoop, configuration, this.io);
    const client = this.lifecycle.own(
      await descriptor.deploy({
        mode: 'per-job',
        specification,
        job: { graph: pack(jobGraph), bundle },
        attached: !detached,
      }),
    );
    this.clients.push(client);
    if (detached) for (const line of stopInstructions(client.applicationId)) this.io.out(line);
    return { client, perJob: true };
  }

  /** After an interruption: makes sure that no application goes on. */
  async endApplications(): Promise<void> {
    const { hadoop } = this.options;
    for (const { applicationId } of this.clients) {
      try {
        // With its job cancelled it ends by itself, and removes its files.
        const patience = new AbortController().signal;
        await untilEnded(hadoop, applicationId, { timeout: END_WAIT, signal: patience }).catch(() =>
          hadoop.resourceManager.kill(applicationId, { wait: END_WAIT }),
        );
      } catch (error) {
        this.io.err(`The application ${applicationId} could not be killed: ${messageOf(error)}`);
      }
    }
  }

  /** An application ends with its job: whoever was told the result finds nothing of it left. */
  async untilEnded(): Promise<void> {
    const { hadoop } = this.options;
    await Promise.all(
      this.clients.map(({ applicationId }) =>
        untilEnded(hadoop, applicationId, { timeout: END_WAIT, signal: this.io.interrupted }).catch(() => {}),
      ),
    );
  }

  close(): Promise<void> {
    return this.lifecycle.close();
  }
}

/** With -yn the number of slots is fixed: a job that needs more would wait for ever. */
function refuseWhatNeverFits(jobGraph: JobGraph, { taskManagers, slotsPerTaskManager }: ClusterSpecification): void {
  if (taskManagers === undefined) return;
  const needed = slotsNeeded(jobGraph);
  const cap = taskManagers * slotsPerTaskManager;
  if (needed <= cap) return;
  throw new MillraceError(
    'NO_RESOURCE_AVAILABLE',
    `The job ${jobGraph.jobName} needs ${needed} slots, its cluster is capped at ${cap}: -yn ${taskManagers} × -ys ${slotsPerTaskManager}.`,
    { domain: 'user' },
  );
}
