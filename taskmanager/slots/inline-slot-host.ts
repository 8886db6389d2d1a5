import type { OperatorFunctions } from '../../core/graph/index.js';
import type { HostPort, JobInformation, TaskDeploymentDescriptor } from '../../core/protocol/index.js';
import { bindFunctions } from './bind-functions.js';
import type { SlotHost, SlotUsage } from './slot-host.js';
import { SlotRuntime, type SlotRuntimeOptions } from './slot-runtime.js';

export interface InlineSlotHostOptions extends Omit<SlotRuntimeOptions, 'bind'> {
  /** Functions of a job whose program runs in this process; asked before the job's bundle is. */
  functionsOf?: (jobId: string) => ReadonlyMap<string, OperatorFunctions> | undefined;
}

/** A slot in the TaskManager's own thread: the MiniCluster, where a debugger should see one thread and one heap. */
export class InlineSlotHost implements SlotHost {
  private bundleFile: string | undefined;

  private constructor(private readonly runtime: SlotRuntime) {}

  static async start(options: InlineSlotHostOptions): Promise<InlineSlotHost> {
    let host: InlineSlotHost | undefined;
    const runtime = await SlotRuntime.start({
      ...options,
      bind: job => bindFunctions(job, host?.bundleFile, options.functionsOf?.(job.jobId)),
    });
    host = new InlineSlotHost(runtime);
    return host;
  }

  get data(): HostPort {
    return this.runtime.data;
  }

  submit(job: JobInformation, tasks: TaskDeploymentDescriptor[], bundleFile: string | undefined): void {
    this.bundleFile = bundleFile;
    this.runtime.submit(job, tasks);
  }

  cancel(executionId: string): void {
    this.runtime.cancel(executionId);
  }

  async usage(): Promise<SlotUsage> {
    // The heap is the whole process's; it is counted once, by who asks.
    return { heapUsed: 0, tasks: this.runtime.metrics() };
  }

  shed(): void {
    this.runtime.shed();
  }

  close(): Promise<void> {
    return this.runtime.close();
  }

  async kill(): Promise<void> {}
}
