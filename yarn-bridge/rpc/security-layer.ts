import { createCipheriv, createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { MillraceError } from '../../core/errors.js';
import type { Agreement, Cipher } from './protection.js';
import { Rc4 } from './rc4.js';

const MAC_BYTES = 10;
/** Message type 1 and the sequence number, behind what is protected. */
const TRAILER_BYTES = 6;
const DES_BLOCK = 8;
/** The most that wrapping adds: MAC, padding, trailer. */
export const MAX_OVERHEAD = MAC_BYTES + DES_BLOCK + TRAILER_BYTES;

type Direction = 'client-to-server' | 'server-to-client';

/** What a connection's bytes go through after the exchange of SASL DIGEST-MD5, if more than `auth` was agreed on. */
export interface SecurityLayer {
  wrap(message: Buffer): Buffer;
  /** Throws AUTHENTICATION_FAILED for what the peer did not send, or not now. */
  unwrap(token: Buffer): Buffer;
}

/** The layer of one side of a connection; undefined if none was agreed on. */
export function securityLayer(side: 'client' | 'server', agreement: Agreement): SecurityLayer | undefined {
  if (agreement.qop === 'auth') return undefined;
  const [ours, theirs]: [Direction, Direction] =
    side === 'client' ? ['client-to-server', 'server-to-client'] : ['server-to-client', 'client-to-server'];
  const sender = new Sender(agreement, ours);
  const receiver = new Receiver(agreement, theirs);
  return { wrap: message => sender.wrap(message), unwrap: token => receiver.unwrap(token) };
}

class Sender {
  private sequence = 0;
  private readonly mac: Mac;
  private readonly encrypt: ((data: Buffer) => Buffer) | undefined;
  private readonly block: number;

  constructor({ ha1, cipher }: Agreement, direction: Direction) {
    this.mac = new Mac(ha1, direction);
    this.encrypt = cipher && cipherOf(cipher, sealingKey(ha1, direction), 'encrypt');
    this.block = cipher === '3des' ? DES_BLOCK : 1;
  }

  wrap(message: Buffer): Buffer {
    const number = this.sequence++;
    const mac = this.mac.of(number, message);
    const trailer = Buffer.from([0, 1, 0, 0, 0, 0]);
    trailer.writeInt32BE(number | 0, 2);
    // The padding stands between message and MAC and each of its bytes says how long it is.
    const pad = this.block === 1 ? 0 : this.block - ((message.length + MAC_BYTES) % this.block);
    const plain = Buffer.concat([message, Buffer.alloc(pad, pad), mac]);
    return Buffer.concat([this.encrypt ? this.encrypt(plain) : plain, trailer]);
  }
}

class Receiver {
  private sequence = 0;
  private readonly mac: Mac;
  private readonly decrypt: ((data: Buffer) => Buffer) | undefined;
  private readonly block: number;

  constructor({ ha1, cipher }: Agreement, direction: Direction) {
    this.mac = new Mac(ha1, direction);
    this.decrypt = cipher && cipherOf(cipher, sealingKey(ha1, direction), 'decrypt');
    this.block = cipher === '3des' ? DES_BLOCK : 1;
  }

  unwrap(token: Buffer): Buffer {
    const end = token.length - TRAILER_BYTES;
    if (end < MAC_BYTES || end % this.block !== 0 || token.readUInt16BE(end) !== 1) {
      throw refused('a protected message has the wrong form');
    }
    const number = this.sequence++ | 0;
    const given = token.readInt32BE(end + 2);
    if (given !== number) throw refused(`protected message ${given} came where ${number} was due`);
    const plain = this.decrypt ? this.decrypt(token.subarray(0, end)) : token.subarray(0, end);
    const macAt = plain.length - MAC_BYTES;
    const pad = this.block === 1 ? 0 : plain[macAt - 1]!;
    // Wrong padding is told from a wrong MAC by nobody: both mean that the bytes are not the peer's.
    const message = plain.subarray(0, pad <= this.block && pad <= macAt ? macAt - pad : 0);
    if (!timingSafeEqual(this.mac.of(number, message), plain.subarray(macAt))) {
      throw refused(`protected message ${number} was changed on its way: its code (MAC) does not fit`);
    }
    return message;
  }
}

/** The first ten bytes of HMAC-MD5 over sequence number and message. */
class Mac {
  private readonly key: Buffer;

  constructor(ha1: Buffer, direction: Direction) {
    this.key = md5(ha1, `Digest session key to ${direction} signing key magic constant`);
  }

  of(sequence: number, message: Buffer): Buffer {
    const number = Buffer.alloc(4);
    number.writeInt32BE(sequence | 0);
    return createHmac('md5', this.key).update(number).update(message).digest().subarray(0, MAC_BYTES);
  }
}

function sealingKey(ha1: Buffer, direction: Direction): Buffer {
  return md5(ha1, `Digest H(A1) to ${direction} sealing key magic constant`);
}

/** Its state, or the block it chains to, runs on from message to message. */
function cipherOf(name: Cipher, key: Buffer, purpose: 'encrypt' | 'decrypt'): (data: Buffer) => Buffer {
  if (name === 'rc4') {
    const rc4 = new Rc4(key);
    return data => rc4.update(data);
  }
  const [first, second] = [desKey(key.subarray(0, 7)), desKey(key.subarray(7, 14))];
  const [tripleKey, iv] = [Buffer.concat([first, second, first]), key.subarray(8, 16)];
  const make = purpose === 'encrypt' ? createCipheriv : createDecipheriv;
  const cipher = make('des-ede3-cbc', tripleKey, iv).setAutoPadding(false);
  return data => cipher.update(data);
}

/** 56 bits as DES takes them: seven in each byte, the eighth is parity and unused. */
function desKey(bits: Buffer): Buffer {
  let rest = BigInt(`0x${bits.toString('hex')}`);
  const key = Buffer.alloc(8);
  for (let i = 7; i >= 0; i--, rest >>= 7n) key[i] = Number(rest & 127n) << 1;
  return key;
}

const md5 = (...parts: Array<Buffer | string>): Buffer => {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const refused = (problem: string): MillraceError => new MillraceError('AUTHENTICATION_FAILED', problem);
