/** HOT PATH: once per batch. */
import type { RecordBatch } from '../../core/types/index.js';
import type { Collector } from '../operators/operator.js';
import type { InputChannel } from './input-channel.js';
import type { PartitionEvent } from './partition-element.js';
import { WatermarkValve } from './watermark-valve.js';

interface Member {
  channel: InputChannel;
  input: number;
  /** Index in its input's valve. */
  valveIndex: number;
  queued: boolean;
  ended: boolean;
}

export interface GateChannel {
  channel: InputChannel;
  /** Which input of the head operator it feeds. */
  input: number;
}

/** A batch for an input of the head; `undefined` records mean: nothing right now. */
export interface GateBatch {
  input: number;
  batch: RecordBatch;
}

/**
 * All inputs of a task. Channels that have something stand in a queue; each gives one element and goes to its end, so
 * a fast producer can't starve the others. Events are handled on the way: watermarks and idleness go to the head's
 * inputs through a valve each.
 */
export class InputGate {
  private readonly members: Member[];
  private readonly ready: Member[] = [];
  private inputs: readonly Collector[] = [];
  private valves: WatermarkValve[] = [];
  private open = 0;
  private failure: { error: unknown } | undefined;

  constructor(
    channels: GateChannel[],
    private readonly wake: () => void,
  ) {
    const counts: number[] = [];
    this.members = channels.map(({ channel, input }) => {
      const valveIndex = counts[input] ?? 0;
      counts[input] = valveIndex + 1;
      return { channel, input, valveIndex, queued: false, ended: false };
    });
    this.open = this.members.length;
  }

  /** All channels have ended, and all of it was taken. */
  get isFinished(): boolean {
    return this.open === 0;
  }

  get batchesInFlight(): number {
    return this.members.reduce((n, { channel, ended }) => n + (ended ? 0 : channel.batchesInFlight), 0);
  }

  limitBatches(records: number): void {
    for (const { channel, ended } of this.members) if (!ended) channel.limitBatches(records);
  }

  /** Opens the channels; `inputs` are the head's, by index. */
  start(inputs: readonly Collector[]): void {
    this.inputs = inputs;
    this.valves = inputs.map(
      (collector, i) => new WatermarkValve(this.members.filter(m => m.input === i).length, collector),
    );
    for (const member of this.members) {
      member.channel.open({
        onAvailable: () => this.enqueue(member),
        onFailed: error => {
          this.failure ??= { error };
          this.wake();
        },
      });
    }
  }

  /** The next batch, or undefined if there is none for now (or no more). Throws when a producer is gone. */
  next(): GateBatch | undefined {
    for (;;) {
      const member = this.ready.shift();
      if (!member) {
        // What arrived before a producer failed is worked off first; it is of no use, but it costs nothing either.
        if (this.failure) throw this.failure.error;
        return undefined;
      }
      member.queued = false;
      if (member.ended) continue;
      const element = member.channel.poll();
      if (element === undefined) continue;
      this.enqueue(member, false);
      if (element.kind === 'data') return { input: member.input, batch: element.batch };
      if (element.kind === 'end') this.endOf(member);
      else this.handle(member, element.event);
    }
  }

  close(): void {
    for (const { channel } of this.members) channel.close();
    this.ready.length = 0;
  }

  private enqueue(member: Member, wake = true): void {
    if (member.queued || member.ended) return;
    member.queued = true;
    this.ready.push(member);
    if (wake) this.wake();
  }

  private endOf(member: Member): void {
    member.ended = true;
    this.open--;
    this.valves[member.input]?.watermark(member.valveIndex, Number.MAX_SAFE_INTEGER);
    this.valves[member.input]?.status(member.valveIndex, false);
  }

  private handle(member: Member, event: PartitionEvent): void {
    const valve = this.valves[member.input];
    if (event.type === 'watermark') valve?.watermark(member.valveIndex, event.timestamp);
    else if (event.type === 'status') valve?.status(member.valveIndex, event.idle);
    else this.inputs[member.input]?.emitLatencyMarker(event.marker);
  }
}
