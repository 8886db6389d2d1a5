import type { OperatorFunctions } from '../../core/graph/index.js';
import type { HostPort, JobInformation, TaskDeploymentDescriptor } from '../../core/protocol/index.js';
import type { RingMemory } from '../network/ring-memory.js';
import { bindFunctions } from './bind-functions.js';
import type { SlotHost, SlotUsage } from './slot-host.js';
import type { LinkedHost } from './slot-links.js';
import { SlotRuntime, type SlotRuntimeOptions } from './slot-runtime.js';

export interface InlineSlotHostOptions extends Omit<SlotRuntimeOptions, 'bind' | 'link'> {
  /** Joins this slot to another of its TaskManager; may throw. */
  onLink(from: LinkedHost, producer: HostPort): RingMemory;
  /** Functions of a job whose program runs in this process; asked before the job's bundle is. */
  functionsOf?: (jobId: string) => ReadonlyMap<string, OperatorFunctions> | undefined;
}

/** A slot in the TaskManager's own thread: the MiniCluster, where a debugger should see one thread and one heap. */
export class InlineSlotHost implements SlotHost, LinkedHost {
  readonly ended: Promise<void>;
  private settleEnded!: () => void;
  private bundleFile: string | undefined;

  private constructor(private readonly runtime: SlotRuntime) {
    this.ended = new Promise(resolve => {
      this.settleEnded = resolve;
    });
  }

  static async start(options: InlineSlotHostOptions): Promise<InlineSlotHost> {
    let host: InlineSlotHost | undefined;
    const runtime = await SlotRuntime.start({
      ...options,
      link: async producer => options.onLink(host!, producer),
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

  serve(memory: RingMemory): void {
    this.runtime.serve(memory);
  }

  async close(): Promise<void> {
    try {
      await this.runtime.close();
    } finally {
      this.settleEnded();
    }
  }

  async kill(): Promise<void> {}
}
