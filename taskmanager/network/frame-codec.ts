/** HOT PATH: once per frame. */
import { Packr } from 'msgpackr';
import { MillraceError } from '../../core/errors.js';
import type { Frame } from '../../core/protocol/index.js';

// Received payloads stay windows of the frame's own buffer: the batch codec copies what it keeps.
const packr = new Packr({ useRecords: false, copyBuffers: false });

export function encodeFrame(frame: Frame): Uint8Array {
  return packr.pack(frame);
}

export function decodeFrame(data: Buffer): Frame {
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
