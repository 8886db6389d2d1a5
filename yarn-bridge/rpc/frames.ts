/** Byte stream of Hadoop RPC v9: `i32be length` and that many bytes, after a preamble of seven. */
export const CALL_ID_SASL = -33;
export const CALL_ID_CONTEXT = -3;
export const CALL_ID_PING = -4;
export const CALL_ID_INVALID = -1;

export const STATUS = { SUCCESS: 0, ERROR: 1, FATAL: 2 } as const;
export const SASL_STATE = { SUCCESS: 0, NEGOTIATE: 1, INITIATE: 2, CHALLENGE: 3, RESPONSE: 4, WRAP: 5 } as const;
export const ERROR_DETAIL = {
  APPLICATION: 1,
  NO_SUCH_METHOD: 2,
  NO_SUCH_PROTOCOL: 3,
  RPC_SERVER: 4,
  RPC_VERSION_MISMATCH: 6,
  INVALID_RPC_HEADER: 12,
  DESERIALIZING_REQUEST: 13,
  VERSION_MISMATCH: 14,
  UNAUTHORIZED: 15,
} as const;

export const MAX_FRAME = 128 * 1024 * 1024;

export function preamble(auth: 'simple' | 'sasl'): Buffer {
  return Buffer.from([0x68, 0x72, 0x70, 0x63, 9, 0, auth === 'sasl' ? 0xdf : 0]);
}

export function frame(...parts: Buffer[]): Buffer {
  const length = parts.reduce((n, p) => n + p.length, 0);
  const header = Buffer.alloc(4);
  header.writeInt32BE(length);
  return Buffer.concat([header, ...parts]);
}

/** Cuts a byte stream into frames. Throws RangeError for a length that no frame has. */
export class FrameReader {
  private pieces: Buffer[] = [];
  private available = 0;

  push(data: Buffer): void {
    this.pieces.push(data);
    this.available += data.length;
  }

  /** Exactly n bytes, if they are there. */
  take(n: number): Buffer | undefined {
    if (this.available < n) return undefined;
    const all = this.pieces.length === 1 ? this.pieces[0]! : Buffer.concat(this.pieces);
    this.pieces = n < all.length ? [all.subarray(n)] : [];
    this.available -= n;
    return all.subarray(0, n);
  }

  next(): Buffer | undefined {
    if (this.available < 4) return undefined;
    if (this.pieces[0]!.length < 4) this.pieces = [Buffer.concat(this.pieces)];
    const length = this.pieces[0]!.readInt32BE(0);
    if (length < 0 || length > MAX_FRAME) throw new RangeError(`a frame can't have ${length} bytes`);
    if (this.available < 4 + length) return undefined;
    return this.take(4 + length)!.subarray(4);
  }
}
