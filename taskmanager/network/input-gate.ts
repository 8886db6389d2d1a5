/** HOT PATH: once per batch. */
import type { RecordBatch } from '../../core/types/index.js';
import type { Collector } from '../operators/operator.js';
import type { InputChannel } from './input-channel.js';
import type { PartitionEvent } from './partition-element.js';
import { WatermarkValve } from './watermark-valve.js';

interface Member {
  channel: InputChannel;
  input: number;
  /** Its records come from behind this task: neither its end nor its watermarks are waited for. */
  feedback: boolean;
  /** Index in its input's valve. */
  valveIndex: number;
  queued: boolean;
  ended: boolean;
}

export interface GateChannel {
  channel: InputChannel;
  /** Which input of the head operator it feeds. */
  input: number;
  feedback?: boolean;
}

/** A thread that was held up for long has missed only one of so many parts: its records are given a chance to come back. */
const WAIT_PARTS = 8;

/** A batch for an input of the head; `undefined` records mean: nothing right now. */
export interface GateBatch {
  input: number;
  batch: RecordBatch;
}

/** Where a task's records come from. */
export interface TaskInput {
  /** All of it was taken. */
  readonly isFinished: boolean;
  /** Nothing may be there to be taken right now, but there is work to do: `next` should be called again. */
  readonly isBusy: boolean;
  readonly batchesInFlight: number;
  limitBatches(records: number): void;
  /** `inputs` are the head's, by index. */
  start(inputs: readonly Collector[]): void;
  /** The next batch, or undefined if there is none for now (or no more). Throws when a producer is gone. */
  next(): GateBatch | undefined;
  /** Also before its end. Idempotent. */
  close(): void;
}

/**
 * All inputs of a task. Channels that have something stand in a queue; each gives one element and goes to its end, so
 * a fast producer can't starve the others. Events are handled on the way: watermarks and idleness go to the head's
 * inputs through a valve each. Where an iteration leads back to the task, it ends when nothing came back for a while.
 */
export class InputGate implements TaskInput {
  readonly isBusy = false;
  private readonly members: Member[];
  private readonly ready: Member[] = [];
  private inputs: readonly Collector[] = [];
  private valves: WatermarkValve[] = [];
  /** Channels that have not ended, those that lead back not counted. */
  private open = 0;
  private readonly feedback: readonly Member[];
  private feedbackEnded: boolean;
  private feedbackTimer: NodeJS.Timeout | undefined;
  /** Parts of the time to wait that have passed without a record. */
  private waited = 0;
  private failure: { error: unknown } | undefined;

  constructor(
    channels: GateChannel[],
    private readonly wake: () => void,
    /** Milliseconds without a record from behind after which an iteration ends; 0: never. */
    private readonly maxWaitMs = 0,
  ) {
    const counts: number[] = [];
    this.members = channels.map(({ channel, input, feedback = false }) => {
      const valveIndex = counts[input] ?? 0;
      if (!feedback) counts[input] = valveIndex + 1;
      return { channel, input, feedback, valveIndex, queued: false, ended: false };
    });
    this.feedback = this.members.filter(m => m.feedback);
    this.feedbackEnded = this.feedback.length === 0;
    this.open = this.members.length - this.feedback.length;
  }

  /** All channels have ended, and all of it was taken. */
  get isFinished(): boolean {
    return this.open === 0 && this.feedbackEnded;
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
      (collector, i) => new WatermarkValve(this.members.filter(m => m.input === i && !m.feedback).length, collector),
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
        if (this.open === 0 && !this.feedbackEnded) this.awaitFeedback();
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
    this.stopWaiting();
    for (const { channel } of this.members) channel.close();
    this.ready.length = 0;
  }

  private enqueue(member: Member, wake = true): void {
    if (member.queued || member.ended) return;
    if (member.feedback) this.stopWaiting();
    member.queued = true;
    this.ready.push(member);
    if (wake) this.wake();
  }

  private endOf(member: Member): void {
    member.ended = true;
    if (member.feedback) return;
    this.open--;
    this.valves[member.input]?.watermark(member.valveIndex, Number.MAX_SAFE_INTEGER);
    this.valves[member.input]?.status(member.valveIndex, false);
  }

  private awaitFeedback(): void {
    if (this.maxWaitMs > 0) this.feedbackTimer ??= setTimeout(this.onWaited, this.maxWaitMs / WAIT_PARTS);
  }

  private stopWaiting(): void {
    clearTimeout(this.feedbackTimer);
    this.feedbackTimer = undefined;
    this.waited = 0;
  }

  /** Nothing came back for long. What comes now is dropped, so that nobody waits for it to be taken. */
  private readonly onWaited = (): void => {
    this.feedbackTimer = undefined;
    if (++this.waited < WAIT_PARTS) {
      this.awaitFeedback();
      return;
    }
    this.feedbackEnded = true;
    for (const member of this.feedback) {
      member.ended = true;
      member.channel.close();
    }
    this.wake();
  };

  private handle(member: Member, event: PartitionEvent): void {
    if (member.feedback) return;
    const valve = this.valves[member.input];
    if (event.type === 'watermark') valve?.watermark(member.valveIndex, event.timestamp);
    else if (event.type === 'status') valve?.status(member.valveIndex, event.idle);
    else this.inputs[member.input]?.emitLatencyMarker(event.marker);
  }
}
