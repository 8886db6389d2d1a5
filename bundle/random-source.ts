import nodeCrypto, { createCipheriv } from 'node:crypto';
import type { Diversions } from './diversions.js';
import type { Sandbox } from './sandbox.js';

/** mulberry32: small, seeded, good enough for Math.random. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Bytes that only who knows the seed (64 hex digits) can tell: the key stream of AES in counter mode. */
export function seededBytes(seed: string): (size: number) => Buffer {
  const stream = createCipheriv('aes-256-ctr', Buffer.from(seed, 'hex'), Buffer.alloc(16));
  return size => stream.update(Buffer.alloc(size));
}

type Callback = (error: null, value: unknown) => void;
type View = ArrayBufferView | ArrayBuffer;

function answer(value: unknown, callback: unknown): unknown {
  if (typeof callback !== 'function') return value;
  process.nextTick(callback as Callback, null, value);
  return undefined;
}

function bytesOf(view: View): Uint8Array {
  return view instanceof ArrayBuffer
    ? new Uint8Array(view)
    : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function fill({ bytes }: Sandbox, view: View, offset = 0, size?: number): unknown {
  const unit = ArrayBuffer.isView(view) ? ((view as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1) : 1;
  const target = bytesOf(view);
  const end = size === undefined ? target.length : (offset + size) * unit;
  target.set(bytes(end - offset * unit), offset * unit);
  return view;
}

/** A random UUID is version 4, variant 1. */
function uuid({ bytes }: Sandbox): string {
  const b = bytes(16);
  b[6] = (b[6]! & 0x0f) | 0x40;
  b[8] = (b[8]! & 0x3f) | 0x80;
  return b.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function integer({ bytes }: Sandbox, args: unknown[]): unknown {
  const callback = typeof args.at(-1) === 'function' ? args.pop() : undefined;
  const [min, max] = args.length > 1 ? (args as [number, number]) : [0, args[0] as number];
  // Seven bytes for a range of at most 48 bits: no number is noticeably more likely than another.
  const value = bytes(7).reduce((n, byte) => (n * 256n + BigInt(byte)) % BigInt(max - min), 0n);
  return answer(min + Number(value), callback);
}

/** `Math.random` and the randomness of `node:crypto`: the same numbers whenever a program's main runs. */
export function divertRandomness(diverted: Diversions<Sandbox>): void {
  diverted.method(Math, 'random', sandbox => sandbox.random);
  diverted.method(
    nodeCrypto,
    'randomBytes',
    ({ bytes }) =>
      (size: number, callback?: unknown) =>
        answer(bytes(size), callback),
  );
  diverted.method(nodeCrypto, 'randomUUID', sandbox => () => uuid(sandbox));
  diverted.method(
    nodeCrypto,
    'randomInt',
    sandbox =>
      (...args: unknown[]) =>
        integer(sandbox, args),
  );
  diverted.method(
    nodeCrypto,
    'randomFillSync',
    sandbox => (view: View, offset?: number, size?: number) => fill(sandbox, view, offset, size),
  );
  diverted.method(nodeCrypto, 'randomFill', sandbox => (view: View, ...rest: unknown[]) => {
    const callback = rest.pop();
    return answer(fill(sandbox, view, ...(rest as [number?, number?])), callback);
  });
  // node:crypto's own getRandomValues calls this one, and can't be diverted itself.
  const web = Object.getPrototypeOf(nodeCrypto.webcrypto) as typeof nodeCrypto.webcrypto;
  diverted.method(web, 'getRandomValues', sandbox => (view: View) => fill(sandbox, view));
  diverted.method(web, 'randomUUID', sandbox => () => uuid(sandbox));
}
