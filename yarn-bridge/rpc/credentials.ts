import { MillraceError } from '../../core/errors.js';
import { decode, encode, PartReader } from './codec.js';
import type { Token } from './messages.js';

interface CredentialsMessage {
  tokens?: Array<{ alias: string; token?: Token }>;
  secrets?: Array<{ alias: string; secret?: Uint8Array }>;
}

const MAGIC = 'HDTS';

/** Tokens and secrets of a container (`$HADOOP_TOKEN_FILE_LOCATION`), in either of Hadoop's two file formats. */
export class Credentials {
  readonly tokens: Array<{ alias: string; token: Token }> = [];
  readonly secrets = new Map<string, Uint8Array>();

  /** Throws ILLEGAL_ARGUMENT for bytes that are no token file. */
  static read(bytes: Uint8Array): Credentials {
    const file = Buffer.from(bytes);
    const credentials = new Credentials();
    try {
      if (file.toString('latin1', 0, 4) !== MAGIC) throw new RangeError('it does not begin with HDTS');
      if (file[4] === 0) credentials.readWritable(new WritableReader(file.subarray(5)));
      else if (file[4] === 1) credentials.readProto(file.subarray(5));
      else throw new RangeError(`unknown format ${file[4]}`);
    } catch (error) {
      throw new MillraceError('ILLEGAL_ARGUMENT', `this is no token file: ${(error as Error).message}`, {
        cause: error,
      });
    }
    return credentials;
  }

  token(kind: string): Token | undefined {
    return this.tokens.find(t => t.token.kind === kind)?.token;
  }

  add(alias: string, token: Token): this {
    this.tokens.push({ alias, token });
    return this;
  }

  addSecret(alias: string, secret: string | Uint8Array): this {
    this.secrets.set(alias, typeof secret === 'string' ? Buffer.from(secret) : secret);
    return this;
  }

  secretText(alias: string): string | undefined {
    const secret = this.secrets.get(alias);
    return secret && Buffer.from(secret).toString('utf8');
  }

  /** Format 0, as NodeManagers write it and every Hadoop reads it. */
  write(): Buffer {
    const parts: Buffer[] = [Buffer.from(MAGIC), Buffer.from([0]), vint(this.tokens.length)];
    for (const { alias, token } of this.tokens) {
      parts.push(sized(Buffer.from(alias)), sized(token.identifier), sized(token.password));
      parts.push(sized(Buffer.from(token.kind)), sized(Buffer.from(token.service)));
    }
    parts.push(vint(this.secrets.size));
    for (const [alias, secret] of this.secrets) parts.push(sized(Buffer.from(alias)), sized(secret));
    return Buffer.concat(parts);
  }

  private readWritable(reader: WritableReader): void {
    for (let n = reader.vint(); n > 0; n--) {
      const alias = reader.text();
      this.add(alias, {
        identifier: reader.bytes(),
        password: reader.bytes(),
        kind: reader.text(),
        service: reader.text(),
      });
    }
    for (let n = reader.vint(); n > 0; n--) this.secrets.set(reader.text(), reader.bytes());
  }

  private readProto(bytes: Buffer): void {
    const message = decode<CredentialsMessage>('Credentials', new PartReader(bytes).next());
    for (const { alias, token } of message.tokens ?? []) if (token) this.add(alias, token);
    for (const { alias, secret } of message.secrets ?? []) if (secret) this.secrets.set(alias, secret);
  }
}

class WritableReader {
  private offset = 0;

  constructor(private readonly data: Buffer) {}

  vint(): number {
    const { value, length } = readVint(this.data, this.offset);
    this.offset += length;
    return value;
  }

  bytes(): Buffer {
    const length = this.vint();
    const end = this.offset + length;
    if (length < 0 || end > this.data.length) throw new RangeError('it is truncated');
    const part = this.data.subarray(this.offset, end);
    this.offset = end;
    return Buffer.from(part);
  }

  text(): string {
    return this.bytes().toString('utf8');
  }
}

/** Hadoop's variable-length integer (WritableUtils), which is not protobuf's. */
export function readVint(data: Buffer, offset: number): { value: number; length: number } {
  if (offset >= data.length) throw new RangeError('it is truncated');
  const first = data.readInt8(offset);
  if (first >= -112) return { value: first, length: 1 };
  const negative = first < -120;
  const bytes = negative ? -(first + 120) : -(first + 112);
  if (offset + bytes >= data.length) throw new RangeError('it is truncated');
  let value = 0;
  for (let i = 1; i <= bytes; i++) value = value * 256 + data[offset + i]!;
  return { value: negative ? -value - 1 : value, length: bytes + 1 };
}

export function vint(value: number): Buffer {
  if (value >= -112 && value <= 127) return Buffer.from([value & 0xff]);
  const negative = value < 0;
  let rest = negative ? -value - 1 : value;
  const bytes: number[] = [];
  for (; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([((negative ? -120 : -112) - bytes.length) & 0xff, ...bytes]);
}

const sized = (bytes: Uint8Array): Buffer => Buffer.concat([vint(bytes.length), bytes]);

/** A token as the RM's REST interface takes it in `credentials.tokens`: url-safe base64 of its Writable form. */
export function tokenToUrlString(token: Token): string {
  return Buffer.concat([
    sized(token.identifier),
    sized(token.password),
    sized(Buffer.from(token.kind)),
    sized(Buffer.from(token.service)),
  ]).toString('base64url');
}

export { decode as decodeMessage, encode as encodeMessage };
