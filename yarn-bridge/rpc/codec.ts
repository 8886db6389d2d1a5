import protobuf from 'protobufjs';
import { HADOOP_PROTO } from './proto-definitions.js';

let root: protobuf.Root | undefined;
const types = new Map<string, protobuf.Type>();

/** Definitions are compiled when the first message needs one: most commands speak no RPC. */
function typeOf(name: string): protobuf.Type {
  let type = types.get(name);
  if (!type) {
    root ??= protobuf.parse(HADOOP_PROTO, { keepCase: true }).root;
    type = root.lookupType(name);
    types.set(name, type);
  }
  return type;
}

export function encode(name: string, message: object): Buffer {
  const type = typeOf(name);
  return Buffer.from(type.encode(type.fromObject(message)).finish());
}

/** Absent fields are absent; int64 are numbers, bytes are Buffers of their own. */
export function decode<T = unknown>(name: string, bytes: Uint8Array): T {
  const type = typeOf(name);
  return type.toObject(type.decode(bytes), { longs: Number, bytes: Buffer }) as T;
}

/** The message with its length before it, as frames hold it. */
export function encodeDelimited(name: string, message: object): Buffer {
  const body = encode(name, message);
  return Buffer.concat([varint(body.length), body]);
}

export function varint(n: number): Buffer {
  const bytes: number[] = [];
  let rest = n;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** Reads the delimited parts of a frame one after another. */
export class PartReader {
  private offset = 0;

  constructor(private readonly frame: Buffer) {}

  get isAtEnd(): boolean {
    return this.offset >= this.frame.length;
  }

  next(): Buffer {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.frame[this.offset++];
      if (byte === undefined || shift > 28) throw new RangeError('truncated message');
      length += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    if (this.offset + length > this.frame.length) throw new RangeError('truncated message');
    const part = this.frame.subarray(this.offset, this.offset + length);
    this.offset += length;
    return part;
  }
}
