/** HOT PATH: once per batch and column. */
import { isWellFormed } from './odd-values.js';
import { type Column, ColumnBatch } from './record-batch.js';
import { layoutById, type RecordLayout } from './record-layout.js';
import { StringColumn } from './string-column.js';

/** First byte; no msgpack value begins with it, so it tells columns from rows. */
export const COLUMNS = 0xc1;

const ENCODINGS = ['latin1', 'utf8', 'utf16le'] as const;
const HEADER = 20;
const align = (n: number): number => (n + 7) & ~7;

/**
 * Bytes of a batch of columns: header (mark, count, size, length of the layout's id, number of sections), the lengths of
 * the sections, the layout's id, then the sections, each at a multiple of 8. A string column has two sections: offsets
 * (the first says the encoding instead of 0), text. Every batch can be read by itself.
 */
export function encodeColumns({ layout, count, columns, timestamps, hashes, bytes }: ColumnBatch): Uint8Array {
  const sections: Uint8Array[] = [];
  scratch.reset();
  if (timestamps) sections.push(bytesOf(timestamps, count));
  if (hashes) sections.push(bytesOf(hashes, count));
  for (const column of columns) {
    if (Array.isArray(column)) encodeStrings(column, count, sections);
    else if (column instanceof StringColumn)
      encodeStrings(
        Array.from({ length: count }, (_, i) => column.at(i)),
        count,
        sections,
      );
    else sections.push(bytesOf(column, count));
  }
  const id = Buffer.from(layout.id);
  const start = align(HEADER + sections.length * 4 + id.length);
  const out = Buffer.allocUnsafeSlow(sections.reduce((n, s) => n + align(s.length), start));
  out.writeInt32LE(COLUMNS, 0);
  out.writeInt32LE(count, 4);
  out.writeInt32LE(bytes, 8);
  out.writeInt32LE(id.length, 12);
  out.writeInt32LE(sections.length, 16);
  out.set(id, HEADER + sections.length * 4);
  let at = start;
  for (let i = 0; i < sections.length; i++) {
    const section = sections[i]!;
    out.writeInt32LE(section.length, HEADER + i * 4);
    out.set(section, at);
    at += align(section.length);
  }
  return out;
}

/** Throws what a reader of broken bytes throws: the caller says which batch it was. */
export function decodeColumns(data: Uint8Array): ColumnBatch {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const count = buffer.readInt32LE(4);
  const size = buffer.readInt32LE(8);
  const idLength = buffer.readInt32LE(12);
  const sectionCount = buffer.readInt32LE(16);
  const idAt = HEADER + sectionCount * 4;
  const layout = layoutById(buffer.toString('utf8', idAt, idAt + idLength));
  let at = align(idAt + idLength);
  let next = 0;
  const section = (): Buffer => {
    const length = buffer.readInt32LE(HEADER + next++ * 4);
    if (next > sectionCount || at + length > buffer.length) throw new RangeError('a section is missing');
    const part = buffer.subarray(at, at + length);
    at += align(length);
    return part;
  };
  const timestamps = layout.timed ? copyInto(section(), new Float64Array(count)) : undefined;
  const hashes = layout.hashed ? copyInto(section(), new Int32Array(count)) : undefined;
  const columns: Column[] = [];
  for (const { kind } of layout.fields) columns.push(decodeColumn(kind, count, section));
  return new ColumnBatch(layout, count, columns, timestamps, hashes, size);
}

function decodeColumn(kind: RecordLayout['fields'][number]['kind'], count: number, section: () => Buffer): Column {
  switch (kind) {
    case 'i32':
      return copyInto(section(), new Int32Array(count));
    case 'f64':
      return copyInto(section(), new Float64Array(count));
    case 'bool':
      return copyInto(section(), new Uint8Array(count));
    case 'str': {
      const offsets = copyInto(section(), new Int32Array(count + 1));
      const encoding = ENCODINGS[offsets[0]!]!;
      offsets[0] = 0;
      return new StringColumn(offsets, section(), encoding);
    }
  }
}

function encodeStrings(strings: string[], count: number, sections: Uint8Array[]): void {
  const offsets = new Int32Array(count + 1);
  let end = 0;
  for (let i = 0; i < count; i++) offsets[i + 1] = end += strings[i]!.length;
  const text = strings.length === count ? strings.join('') : strings.slice(0, count).join('');
  let bytes = scratch.encode(text);
  // Halves of surrogate pairs that meet in the joined text are cut apart again by the offsets.
  if (bytes.length !== text.length) {
    offsets[0] = 1;
    if (!isWellFormed(text)) {
      offsets[0] = 2;
      bytes = Buffer.from(text, 'utf16le');
    }
  }
  sections.push(bytesOf(offsets, count + 1), bytes);
}

/** Units of a text that gets memory of its own, which nobody keeps. */
const LARGE_TEXT = 256 * 1024;

/** Room for the texts of one batch: to encode into memory that is there is several times as fast as to have it made. */
class Scratch {
  private memory = new Uint8Array(64 * 1024);
  private used = 0;
  private readonly encoder = new TextEncoder();

  /** What was encoded before may be overwritten. */
  reset(): void {
    this.used = 0;
  }

  /** UTF-8, valid until `reset`. */
  encode(text: string): Uint8Array {
    if (text.length > LARGE_TEXT) return Buffer.from(text, 'utf8');
    const most = text.length * 3;
    if (this.used + most > this.memory.length) {
      // Sections of this batch may still lie in the old one.
      this.memory = new Uint8Array(Math.max(most, this.memory.length));
      this.used = 0;
    }
    const { written } = this.encoder.encodeInto(text, this.memory.subarray(this.used));
    this.used += written;
    return this.memory.subarray(this.used - written, this.used);
  }
}

const scratch = new Scratch();

type Numbers = Int32Array | Float64Array | Uint8Array;

const bytesOf = (numbers: Numbers, count: number): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, count * numbers.BYTES_PER_ELEMENT);

/** A section may lie anywhere in its frame; typed arrays need their alignment. */
function copyInto<T extends Numbers>(section: Buffer, numbers: T): T {
  if (section.length !== numbers.byteLength) throw new RangeError('a section has the wrong length');
  new Uint8Array(numbers.buffer).set(section);
  return numbers;
}
