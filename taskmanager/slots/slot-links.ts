import { MillraceError } from '../../core/errors.js';
import type { HostPort } from '../../core/protocol/index.js';
import { createRingMemory, Gone, hasEnded, leave, type RingMemory } from '../network/ring-memory.js';

/** A host whose slot can be joined with others of its TaskManager. */
export interface LinkedHost {
  /** Where its partitions are read; who asks for a producer knows it by this address. */
  readonly data: HostPort;
  /** Resolves when nothing of it is left, however it ended. */
  readonly ended: Promise<void>;
  /** Serves its partitions over this memory. */
  serve(memory: RingMemory): void;
}

interface Link {
  control: Int32Array;
  producer: LinkedHost;
  consumer: LinkedHost;
}

/** Links below which it is not worth looking for closed ones. */
const FEW = 64;

/**
 * Joins slots of one TaskManager by shared memory, in its main thread: makes the memory when a consumer asks for it,
 * hands it to both, and speaks for a slot that ended without a word. A link belongs to two hosts, not to two slots: a
 * renewed slot has none.
 */
export class SlotLinks {
  private readonly hosts = new Map<string, LinkedHost>();
  private links: Link[] = [];
  /** Twice as many as were left the last time: n slots have n² links, and each must not look through all others. */
  private lookAgainAt = FEW;

  /** Bytes of a ring from producer to consumer. */
  constructor(private readonly dataBytes: number) {}

  /** Links that one of both sides may still use, for tests. */
  get size(): number {
    this.forgetClosed();
    return this.links.length;
  }

  add(host: LinkedHost): void {
    const address = addressOf(host.data);
    this.hosts.set(address, host);
    void host.ended.then(() => this.onEnded(host, address));
  }

  /** The consumer's side of a new link; the producer got its side. */
  connect(consumer: LinkedHost, { host, port }: HostPort): RingMemory {
    const producer = this.hosts.get(addressOf({ host, port }));
    if (!producer) {
      throw new MillraceError(
        'TASK_MANAGER_LOST',
        `No slot of this TaskManager listens at ${host}:${port}: it was renewed, or its thread ended.`,
      );
    }
    if (this.links.length >= this.lookAgainAt) this.forgetClosed();
    const memory = createRingMemory(this.dataBytes);
    // Only the flags are kept here: the rings go when both sides let go of them.
    this.links.push({ control: new Int32Array(memory.control), producer, consumer });
    producer.serve(memory);
    return memory;
  }

  private onEnded(host: LinkedHost, address: string): void {
    // A renewed slot may listen where this one did.
    if (this.hosts.get(address) === host) this.hosts.delete(address);
    for (const { control, producer, consumer } of this.links) {
      if (producer === host) leave(control, 'producer', Gone.DIED);
      if (consumer === host) leave(control, 'consumer', Gone.DIED);
    }
    this.forgetClosed();
  }

  private forgetClosed(): void {
    this.links = this.links.filter(({ control }) => !hasEnded(control));
    this.lookAgainAt = Math.max(FEW, 2 * this.links.length);
  }
}

const addressOf = ({ host, port }: HostPort): string => `${host}:${port}`;
