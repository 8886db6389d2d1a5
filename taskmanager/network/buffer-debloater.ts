import { type Configuration, Options } from '../../core/config/index.js';

/** Flink's `taskmanager.network.memory.buffer-debloat.*`. */
export interface BufferDebloatOptions {
  /** Milliseconds that working off what is in flight should take. */
  targetMs: number;
  /** Milliseconds of work between two looks. */
  periodMs: number;
  /** Smaller changes than these percentages are not announced. */
  thresholdPercentages: number;
  /** Looks that the average goes over. */
  samples: number;
}

/** Undefined where it is not enabled. */
export function bufferDebloatOptions(configuration: Configuration): BufferDebloatOptions | undefined {
  if (!configuration.get(Options.bufferDebloatEnabled)) return undefined;
  return {
    targetMs: configuration.get(Options.bufferDebloatTarget),
    periodMs: configuration.get(Options.bufferDebloatPeriod),
    thresholdPercentages: configuration.get(Options.bufferDebloatThresholdPercentages),
    samples: configuration.get(Options.bufferDebloatSamples),
  };
}

/** What a task reads from. */
export interface DebloatedInput {
  /** Batches that may be under way to the task. */
  readonly batchesInFlight: number;
  /** Asks the producers for batches of at most so many records. */
  limitBatches(records: number): void;
}

/**
 * Keeps what is under way to a slow task small, as Flink does: credits count batches, so batches shrink. From how fast the
 * task works it finds how many records a batch may have if all that may be in flight is to be worked off within the
 * target. It counts records where Flink counts bytes: they are what takes time. Growing and shrinking are equally fast.
 */
export class BufferDebloater {
  /** Records a batch should have; a fraction, since from 1 it could not grow in whole steps. */
  private size: number;
  private announced: number;
  private since: number;
  private consumed = 0;
  private idleMs = 0;
  private idleSince: number | undefined;

  constructor(
    private readonly input: DebloatedInput,
    private readonly options: BufferDebloatOptions,
    private readonly largest: number,
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.size = largest;
    this.announced = largest;
    this.since = clock();
  }

  /** The task has nothing to work on: such time says nothing about how fast it is. */
  onIdle(): void {
    this.idleSince ??= this.clock();
  }

  onInput(): void {
    if (this.idleSince === undefined) return;
    this.idleMs += this.clock() - this.idleSince;
    this.idleSince = undefined;
  }

  /** After a slice; `consumed` counts the records that were worked off since the task began. */
  update(consumed: number): void {
    if (this.idleSince !== undefined) return;
    const now = this.clock();
    const activeMs = now - this.since - this.idleMs;
    if (activeMs < this.options.periodMs) return;
    this.adapt((consumed - this.consumed) / activeMs);
    this.since = now;
    this.idleMs = 0;
    this.consumed = consumed;
  }

  private adapt(recordsPerMs: number): void {
    const { targetMs, samples, thresholdPercentages } = this.options;
    const desired = Math.min((recordsPerMs * targetMs) / Math.max(1, this.input.batchesInFlight), 2 * this.size);
    this.size += (2 / (samples + 1)) * (desired - this.size);
    this.size = Math.max(1, Math.min(this.largest, this.size));
    const records = Math.round(this.size);
    const change = Math.abs(records - this.announced);
    const isBound = records === 1 || records === this.largest;
    if (change === 0 || (!isBound && change * 100 < this.announced * thresholdPercentages)) return;
    this.announced = records;
    this.input.limitBatches(records);
  }
}
