import { MillraceError } from '../../core/errors.js';
import { decode, encodeDelimited, PartReader } from './codec.js';
import { CALL_ID_SASL, FrameReader, frame, SASL_STATE } from './frames.js';
import type { SecurityLayer } from './security-layer.js';

/**
 * A connection after an agreement on more than `auth`: its frames are a stream inside messages WRAP, cut anywhere. What
 * comes outside of one is refused: somebody between the two could have put it there.
 */
export class Wrapping {
  private readonly inner = new FrameReader();

  /** `header`: of each message, delimited; `maxPiece`: bytes of the stream that one message may carry. */
  constructor(
    private readonly layer: SecurityLayer,
    private readonly header: Buffer,
    private readonly maxPiece = Number.POSITIVE_INFINITY,
  ) {}

  wrap(bytes: Buffer): Buffer {
    const frames: Buffer[] = [];
    for (let from = 0; from < bytes.length; from += this.maxPiece) {
      const token = this.layer.wrap(bytes.subarray(from, from + this.maxPiece));
      frames.push(frame(this.header, encodeDelimited('RpcSasl', { state: SASL_STATE.WRAP, token })));
    }
    return frames.length === 1 ? frames[0]! : Buffer.concat(frames);
  }

  /** The frames that are whole with this one, which is of the type `headerType`. */
  *unwrap(outer: Buffer, headerType: 'RpcRequestHeader' | 'RpcResponseHeader'): Generator<Buffer> {
    const parts = new PartReader(outer);
    const { callId } = decode<{ callId: number }>(headerType, parts.next());
    if ((callId | 0) !== CALL_ID_SASL || parts.isAtEnd) throw unprotected();
    const { state, token } = decode<{ state: number; token?: Buffer }>('RpcSasl', parts.next());
    if (state !== SASL_STATE.WRAP || !token) throw unprotected();
    this.inner.push(this.layer.unwrap(token));
    for (let f = this.inner.next(); f; f = this.inner.next()) yield f;
  }
}

function unprotected(): MillraceError {
  return new MillraceError('AUTHENTICATION_FAILED', 'a message came without the protection that was agreed on');
}
