import { type HexId, randomId } from '../../core/ids.js';
import type {
  HostPort,
  JobInformation,
  RegisterTaskManager,
  SlotReport,
  TaskManagerGateway,
  TaskManagerHeartbeat,
} from '../../core/protocol/index.js';
import type { Gateway, RpcConnection } from '../../core/rpc/index.js';

/** A slot held for a job. */
export interface SlotLease {
  readonly taskManagerId: string;
  readonly slotIndex: number;
  readonly allocationId: HexId;
  readonly jobId: HexId;
  /** Where its data server listens. */
  readonly data: HostPort;
  readonly gateway: Gateway<TaskManagerGateway>;
}

/** `renewing`: given back, but its worker has not been replaced yet. */
type SlotState = 'free' | 'held' | 'renewing';

export interface SlotRecord {
  readonly index: number;
  data: HostPort;
  state: SlotState;
  lease?: SlotLease;
  /** Its worker died and was replaced while a job still held it: free as soon as that job lets go. */
  renewedWhileHeld: boolean;
}

/** One TaskManager as long as one connection of it lasts, and what its slots are doing. */
export class RegisteredTaskManager {
  readonly slots: SlotRecord[];
  readonly gateway: Gateway<TaskManagerGateway>;
  heartbeat: TaskManagerHeartbeat | undefined;
  lastHeartbeat: number;
  /** Nothing is asked of it for the time being. */
  isSuspended = false;
  /** Milliseconds since the epoch; when its last slot was given back. */
  idleSince: number;

  constructor(
    readonly registration: RegisterTaskManager,
    readonly connection: RpcConnection,
    private readonly sessionId: HexId,
    now: number,
  ) {
    this.slots = registration.slots.map(({ index, data }) => ({
      index,
      data,
      state: 'free',
      renewedWhileHeld: false,
    }));
    this.gateway = connection.gateway<TaskManagerGateway>();
    this.lastHeartbeat = now;
    this.idleSince = now;
  }

  get id(): string {
    return this.registration.taskManagerId;
  }

  get freeSlots(): SlotRecord[] {
    if (this.isSuspended) return [];
    return this.slots.filter(s => s.state === 'free');
  }

  get isIdle(): boolean {
    return this.slots.every(s => s.state !== 'held');
  }

  /** Jobs that hold slots here. */
  get jobs(): HexId[] {
    return [...new Set(this.slots.flatMap(s => s.lease?.jobId ?? []))];
  }

  /** Marks the slot as held at once, then has the TaskManager hold it. */
  async hold(slot: SlotRecord, job: JobInformation): Promise<SlotLease> {
    const { sessionId, gateway } = this;
    const allocationId = randomId();
    const { jobId } = job;
    const lease = {
      taskManagerId: this.id,
      slotIndex: slot.index,
      allocationId,
      jobId,
      data: slot.data,
      gateway,
    };
    Object.assign(slot, { state: 'held', lease, renewedWhileHeld: false });
    const report = await gateway.call('requestSlot', { sessionId, slotIndex: slot.index, allocationId, job });
    slot.data = report.data;
    lease.data = report.data;
    return lease;
  }

  holds(lease: SlotLease): boolean {
    return this.slotAt(lease.slotIndex)?.lease === lease;
  }

  /** Gives the slot back; it is free again when the TaskManager says so. False for a lease that is not held any more. */
  release(lease: SlotLease, now: number): boolean {
    const slot = this.slotAt(lease.slotIndex);
    if (slot?.lease !== lease) return false;
    delete slot.lease;
    slot.state = slot.renewedWhileHeld ? 'free' : 'renewing';
    this.idleSince = now;
    return true;
  }

  /** The slot's worker was replaced. */
  slotAvailable({ index, data }: SlotReport): void {
    const slot = this.slotAt(index);
    if (!slot) return;
    slot.data = data;
    if (slot.state === 'held') slot.renewedWhileHeld = true;
    else slot.state = 'free';
  }

  private slotAt(index: number): SlotRecord | undefined {
    return this.slots.find(s => s.index === index);
  }
}
