import { type ResourceLimits, Worker } from 'node:worker_threads';
import { MillraceError, messageOf, serializeError, toError } from '../../core/errors.js';
import type { HostPort, JobInformation, TaskDeploymentDescriptor } from '../../core/protocol/index.js';
import type { RingMemory } from '../network/ring-memory.js';
import type { SlotHost, SlotHostEvents, SlotUsage } from './slot-host.js';
import type { LinkedHost } from './slot-links.js';
import type { FromSlot, SlotWorkerData, ToSlot } from './worker-messages.js';

const MB = 1024 ** 2;
const START_TIMEOUT_MS = 30_000;
const USAGE_TIMEOUT_MS = 500;

/** In the build the worker is a file beside the TaskManager's. */
const WORKER_FILE = new URL(
  import.meta.url.endsWith('.ts') ? './worker-from-source.mjs' : './slot-worker.js',
  import.meta.url,
);

/** A slot in a thread of its own: a job's code, memory and handles are gone when it is closed. */
export class WorkerSlotHost implements SlotHost, LinkedHost {
  readonly ended: Promise<void>;
  private readonly waiting = new Map<number, (usage: SlotUsage) => void>();
  private lastUsage: SlotUsage = { heapUsed: 0, tasks: [] };
  private nextUsage = 0;
  private closing = false;
  private crash: Error | undefined;
  data!: HostPort;

  private constructor(
    private readonly worker: Worker,
    private readonly index: number,
    private readonly memory: Pick<SlotWorkerData, 'heapLimit' | 'processMemory'>,
    private readonly events: SlotHostEvents,
    private readonly onLink: (from: LinkedHost, producer: HostPort) => RingMemory,
  ) {
    this.ended = new Promise(resolve => worker.once('exit', () => resolve()));
    worker.on('error', (error: unknown) => {
      this.crash = toError(error);
    });
    worker.on('message', (message: FromSlot) => this.receive(message));
  }

  /** `onLink` joins this slot to another of its TaskManager; it may throw. */
  static async start(
    data: SlotWorkerData,
    events: SlotHostEvents,
    onLink: (from: LinkedHost, producer: HostPort) => RingMemory,
  ): Promise<WorkerSlotHost> {
    const worker = new Worker(WORKER_FILE, {
      name: `slot-${data.index}`,
      workerData: data,
      resourceLimits: limitsFor(data.heapLimit),
    });
    const host = new WorkerSlotHost(worker, data.index, data, events, onLink);
    await host.listening();
    worker.once('exit', code => host.onExit(code));
    return host;
  }

  submit(job: JobInformation, tasks: TaskDeploymentDescriptor[], bundleFile: string | undefined): void {
    this.send({ type: 'submit', job, tasks, bundleFile });
  }

  cancel(executionId: string): void {
    this.send({ type: 'cancel', executionId });
  }

  serve(memory: RingMemory): void {
    this.send({ type: 'serve', memory });
  }

  usage(): Promise<SlotUsage> {
    const id = this.nextUsage++;
    this.send({ type: 'usage', id });
    return new Promise(resolve => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        resolve(this.lastUsage);
      }, USAGE_TIMEOUT_MS);
      this.waiting.set(id, usage => {
        clearTimeout(timer);
        resolve(usage);
      });
    });
  }

  shed(): void {
    this.send({ type: 'shed' });
  }

  async close(): Promise<void> {
    this.closing = true;
    this.send({ type: 'close' });
    await this.ended;
  }

  async kill(): Promise<void> {
    this.closing = true;
    await this.worker.terminate();
  }

  private send(message: ToSlot): void {
    this.worker.postMessage(message);
  }

  private listening(): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        this.worker.off('message', onMessage);
        this.worker.off('exit', onExit);
      };
      const onMessage = (message: FromSlot): void => {
        if (message.type !== 'listening') return;
        stop();
        this.data = message.data;
        resolve();
      };
      const onExit = (): void => {
        stop();
        reject(this.deathOf('did not start'));
      };
      const timer = setTimeout(() => {
        stop();
        void this.worker.terminate();
        reject(
          new MillraceError('TIMEOUT', `The thread of slot ${this.index} did not start within ${START_TIMEOUT_MS} ms.`),
        );
      }, START_TIMEOUT_MS);
      this.worker.on('message', onMessage);
      this.worker.on('exit', onExit);
    });
  }

  private receive(message: FromSlot): void {
    if (message.type === 'state') this.events.onState(message.update);
    else if (message.type === 'warning') this.events.onWarning(message.message);
    else if (message.type === 'link') this.link(message.id, message.producer);
    else if (message.type === 'usage') {
      this.lastUsage = { heapUsed: message.heapUsed, tasks: message.tasks };
      this.waiting.get(message.id)?.(this.lastUsage);
      this.waiting.delete(message.id);
    }
  }

  private link(id: number, producer: HostPort): void {
    try {
      this.send({ type: 'linked', id, memory: this.onLink(this, producer) });
    } catch (error) {
      this.send({ type: 'notLinked', id, error: serializeError(error) });
    }
  }

  private onExit(code: number): void {
    for (const resolve of this.waiting.values()) resolve(this.lastUsage);
    this.waiting.clear();
    if (!this.closing) this.events.onDied(this.deathOf(`ended with code ${code}`));
  }

  private deathOf(what: string): Error {
    const { crash } = this;
    const { heapLimit, processMemory } = this.memory;
    if (crash && 'code' in crash && crash.code === 'ERR_WORKER_OUT_OF_MEMORY') {
      return new MillraceError(
        'OUT_OF_MEMORY',
        `The thread of slot ${this.index} ran out of memory: it needed more than its share of ${mb(heapLimit)} of heap. ` +
          `Raise -tm (taskmanager.memory.process.size, now ${mb(processMemory)}) or lower -s (taskmanager.numberOfTaskSlots).`,
        { domain: 'user', context: { slot: this.index, share: heapLimit } },
      );
    }
    if (crash) {
      return new MillraceError(
        'TASK_FAILED',
        `The thread of slot ${this.index} ${this.data ? 'failed outside of any function call' : 'did not start'}: ${messageOf(crash)}`,
        { cause: crash },
      );
    }
    return new MillraceError('TASK_MANAGER_LOST', `The thread of slot ${this.index} ${what}.`);
  }
}

const mb = (bytes: number): string => `${Math.round(bytes / MB)} MB`;

/** V8 reserves 512 MB of address space for compiled code in each thread, which YARN's check of virtual memory counts. */
const CODE_RANGE_MB = 64;

/** V8 gets the whole share: the slot's own watch acts at 85 % of it. New objects get a part that grows with the share. */
function limitsFor(heapLimit: number): ResourceLimits {
  const share = heapLimit / MB;
  const semiSpace = Math.min(16, Math.max(2, Math.floor(share / 32)));
  return {
    maxOldGenerationSizeMb: Math.ceil(share),
    maxYoungGenerationSizeMb: 3 * semiSpace,
    codeRangeSizeMb: CODE_RANGE_MB,
  };
}
