const KB = 1024;
/** A batch is sent when it has so many records. */
export const BATCH_RECORDS = 1024;

/**
 * The network share of one slot, and the sizes that follow from it. Batches of records that wait on either side of an
 * edge, or on their way between, are counted here; channels get fewer credits and smaller batches where the share is small.
 */
export class NetworkMemory {
  private inUse = 0;
  private highest = 0;
  private batch = 64 * KB;
  /** In use when `onOutgrown` was last called; 0 while the share is kept. */
  private outgrown = 0;

  /**
   * `size` is in bytes. Records may be larger than any share, so nothing is refused here: `onOutgrown` is called when more
   * than the share is in use, and again for each eighth of it more.
   */
  constructor(
    readonly size: number = 32 * KB * KB,
    private readonly onOutgrown: () => void = () => {},
  ) {}

  get used(): number {
    return this.inUse;
  }

  /** The most that was in use at a time. */
  get peak(): number {
    return this.highest;
  }

  /** A batch is sent when it has so many bytes. */
  get batchBytes(): number {
    return this.batch;
  }

  readonly batchRecords = BATCH_RECORDS;

  /** Batches that may wait in a subpartition before its task is held back. */
  readonly queuedBatches = 2;

  /** Credits a remote channel starts with, if a gate has so many of them. */
  creditsFor(channels: number): number {
    const fit = Math.floor(this.size / 2 / (this.batch * Math.max(1, channels)));
    return Math.min(16, Math.max(2, fit));
  }

  take(bytes: number): void {
    this.inUse += bytes;
    if (this.inUse > this.highest) this.highest = this.inUse;
  }

  give(bytes: number): void {
    this.inUse -= bytes;
  }

  /** After `take`, when what was taken is where its owner gives it back: `onOutgrown` may end him. */
  check(): void {
    if (this.inUse <= this.size) this.outgrown = 0;
    else if (this.inUse >= this.outgrown + this.size / 8) {
      this.outgrown = this.inUse;
      this.onOutgrown();
    }
  }

  /** The process is short of memory: smaller batches from here on. */
  shed(): void {
    this.batch = Math.min(this.batch, Math.max(8 * KB, this.batch / 2));
  }

  /** For a slot that holds `subpartitions`: their open batches together stay within a quarter of the share. */
  fitBatches(subpartitions: number): void {
    const fit = Math.floor(this.size / 4 / Math.max(1, subpartitions));
    this.batch = Math.max(4 * KB, Math.min(this.batch, fit));
  }
}
