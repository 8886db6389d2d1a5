/** HOT PATH: once per frame. */
import { Packr } from 'msgpackr';
import { MillraceError } from '../../core/errors.js';
import { type Frame, FrameKind } from '../../core/protocol/index.js';

// Received payloads stay windows of the frame's own buffer: the batch codec copies what it keeps.
const packr = new Packr({ useRecords: false, copyBuffers: false });

export function encodeFrame(frame: Frame): Uint8Array {
  return packr.pack(frame);
}

/** The same bytes, those of a batch apart: who copies them anyway need not copy them twice. */
export function encodeFrameParts(frame: Frame): [head: Uint8Array, body?: Uint8Array] {
  const [kind, channel, sequence, payload] = frame;
  if (kind !== FrameKind.DATA) return [encodeFrame(frame)];
  const body = payload as Uint8Array;
  const head = new Uint8Array(DATA_HEAD_BYTES);
  head[0] = ARRAY_OF_4;
  head[1] = kind;
  head[2] = UINT_32;
  putUint32(head, 3, channel);
  head[7] = UINT_32;
  putUint32(head, 8, sequence);
  head[12] = BIN_32;
  putUint32(head, 13, body.length);
  return [head, body];
}

export function decodeFrame(data: Uint8Array): Frame {
  let frame: unknown;
  try {
    frame = packr.unpack(data);
  } catch {
    frame = undefined;
  }
  if (!Array.isArray(frame) || frame.length < 3 || frame.slice(0, 3).some(part => !Number.isInteger(part))) {
    throw new MillraceError('INTERNAL', 'The peer of a data connection sent what is no frame.');
  }
  return frame as Frame;
}

// msgpack
const ARRAY_OF_4 = 0x94;
const UINT_32 = 0xce;
const BIN_32 = 0xc6;
const DATA_HEAD_BYTES = 17;

function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
