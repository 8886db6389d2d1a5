/** HOT PATH: per batch and column. */
import { isWellFormed } from './odd-values.js';

/** The strings of a column as they came over a wire: one text, and where each begins in it. */
export class StringColumn {
  private joined: string | undefined;

  constructor(
    /** The i-th string goes from unit `offsets[i]` of the text (UTF-16) to `offsets[i + 1]`. */
    readonly offsets: Int32Array,
    readonly bytes: Buffer,
    readonly encoding: 'latin1' | 'utf8' | 'utf16le',
  ) {}

  /** Each unit of the text is one byte below 128: `offsets` count bytes too. */
  get isAscii(): boolean {
    return this.encoding === 'latin1';
  }

  get view(): DataView {
    return new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }

  get text(): string {
    return (this.joined ??= this.bytes.toString(this.encoding));
  }

  at(i: number): string {
    return this.text.substring(this.offsets[i]!, this.offsets[i + 1]!);
  }
}

/**
 * The same text in memory of its own. What `at` gives may be a window of the whole column's text, and would keep all of
 * it in memory; V8 makes windows of texts of 13 units and more.
 */
export function ownString(text: string): string {
  if (text.length < 13) return text;
  const encoding = isWellFormed(text) ? 'utf8' : 'utf16le';
  return Buffer.from(text, encoding).toString(encoding);
}
