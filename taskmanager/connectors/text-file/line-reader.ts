/** HOT PATH */
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * Cuts the bytes of a split into lines: `\n` and `\r\n` end one, the last one of a file may have no end. Bytes are fed
 * in chunks that may end anywhere, also inside a character. The reader of a split that does not begin its file is fed
 * from one byte before `start`, and skips what belongs to the line before.
 */
export class LineReader {
  private chunk: Buffer | undefined;
  private cursor = 0;
  /** Parts of a line that began in earlier chunks. */
  private carried: Buffer[] = [];
  /** Offset in the file of the line at the cursor. */
  private lineStart: number;
  private skipping: boolean;
  private exhausted = false;

  constructor(
    start: number,
    private readonly end: number,
  ) {
    this.lineStart = LineReader.firstByte(start);
    this.skipping = start > 0;
  }

  /** Where reading a split must begin. */
  static firstByte(start: number): number {
    return start > 0 ? start - 1 : 0;
  }

  /** All lines of the split have been taken. */
  get done(): boolean {
    return this.exhausted;
  }

  /** The next bytes; all lines of the ones before were taken. The chunk is kept until the next one. */
  feed(chunk: Buffer): void {
    this.chunk = chunk;
    this.cursor = 0;
  }

  /** The next line, or undefined: feed more, or look at `done`. */
  next(): string | undefined {
    for (;;) {
      if (!this.skipping && this.lineStart >= this.end) this.exhausted = true;
      const chunk = this.chunk;
      if (chunk === undefined || this.exhausted) return undefined;
      const at = chunk.indexOf(LINE_FEED, this.cursor);
      if (at < 0) {
        if (!this.skipping) this.carried.push(chunk.subarray(this.cursor));
        else this.lineStart += chunk.length - this.cursor;
        this.chunk = undefined;
        return undefined;
      }
      const begin = this.cursor;
      this.cursor = at + 1;
      if (this.skipping) {
        this.skipping = false;
        this.lineStart += at + 1 - begin;
        continue;
      }
      if (this.carried.length > 0) {
        const whole = this.takeCarried(chunk.subarray(begin, at));
        this.lineStart += whole.length + 1;
        return textOf(whole, 0, whole.length);
      }
      this.lineStart += at + 1 - begin;
      return textOf(chunk, begin, at);
    }
  }

  /** At the end of the file: the last line if it has no line end, else undefined. */
  last(): string | undefined {
    this.exhausted = true;
    if (this.carried.length === 0) return undefined;
    const whole = this.takeCarried();
    return whole.length === 0 ? undefined : textOf(whole, 0, whole.length);
  }

  private takeCarried(...more: Buffer[]): Buffer {
    const whole = Buffer.concat([...this.carried, ...more]);
    this.carried = [];
    return whole;
  }
}

/** Each line is decoded by itself: a record that is kept does not pin the chunk it came from. */
function textOf(bytes: Buffer, begin: number, end: number): string {
  return bytes.toString('utf8', begin, end > begin && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end);
}
