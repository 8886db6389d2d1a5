import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Agreement, CIPHERS, type Cipher, type QualityOfProtection, strongestOf } from './protection.js';

/** SASL DIGEST-MD5 (RFC 2831) as Hadoop uses it: realm and server id `default`, one response a connection. */
const REALM = 'default';
const DIGEST_URI = '/default';
const NC = '00000001';
/** What both sides take in one protected message if they name no other size. */
const DEFAULT_MAX_BUFFER = 65_536;

const md5 = (data: string | Buffer): Buffer => createHash('md5').update(data).digest();

/** Directives `name="value",name=value` of a challenge or response. */
export function parseDirectives(text: string): Map<string, string> {
  const directives = new Map<string, string>();
  for (const m of text.matchAll(/\s*([A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^",\s]*))\s*(?:,|$)/g)) {
    directives.set(m[1]!.toLowerCase(), m[2] !== undefined ? m[2].replace(/\\(.)/g, '$1') : m[3]!);
  }
  return directives;
}

export interface DigestParts {
  username: string;
  password: string;
  nonce: string;
  cnonce: string;
  qop: string;
}

/** `response` and `rspauth` of an exchange, and the secret of its session. */
export function digests({ username, password, nonce, cnonce, qop }: DigestParts): {
  response: string;
  rspauth: string;
  ha1: Buffer;
} {
  const secret = md5(`${username}:${REALM}:${password}`);
  const ha1 = md5(Buffer.concat([secret, Buffer.from(`:${nonce}:${cnonce}`)]));
  const tail = qop === 'auth' ? '' : `:${'0'.repeat(32)}`;
  const value = (a2: string): string =>
    md5(`${ha1.toString('hex')}:${nonce}:${NC}:${cnonce}:${qop}:${md5(a2 + tail).toString('hex')}`).toString('hex');
  return { response: value(`AUTHENTICATE:${DIGEST_URI}`), rspauth: value(`:${DIGEST_URI}`), ha1 };
}

/** Username and password of a token: its bytes in base64. */
export function tokenLogin(token: { identifier: Uint8Array; password: Uint8Array }): {
  username: string;
  password: string;
} {
  return {
    username: Buffer.from(token.identifier).toString('base64'),
    password: Buffer.from(token.password).toString('base64'),
  };
}

/** A client's side of one exchange, once the challenge is known. */
export interface ClientAnswer {
  text: string;
  /** What the server must prove. */
  rspauth: string;
  agreement: Agreement;
  /** The largest protected message that the server takes. */
  maxBuffer: number;
}

/** The client's answer to a challenge: the strongest protection that is offered, and the best cipher of ours. */
export function respond(
  challenge: string,
  login: { username: string; password: string },
  cnonce = randomBytes(24).toString('base64'),
): ClientAnswer {
  const given = parseDirectives(challenge);
  const nonce = given.get('nonce');
  if (nonce === undefined) throw new Error('the challenge has no nonce');
  const offered = listOf(given.get('qop') ?? 'auth');
  const qop = strongestOf(offered);
  if (!qop) throw new Error(`the server asks for the protection ${offered.join(' or ')}, which is not known here`);
  const cipher = qop === 'auth-conf' ? cipherOf(given.get('cipher') ?? '') : undefined;
  const { response, rspauth, ha1 } = digests({ ...login, nonce, cnonce, qop });
  const text =
    `charset=utf-8,username="${login.username}",realm="${given.get('realm') ?? REALM}",nonce="${nonce}",nc=${NC},` +
    `cnonce="${cnonce}",digest-uri="${DIGEST_URI}",maxbuf=${DEFAULT_MAX_BUFFER},response=${response},qop=${qop}` +
    (cipher ? `,cipher="${cipher}"` : '');
  return {
    text,
    rspauth,
    agreement: { qop, ha1, ...(cipher && { cipher }) },
    maxBuffer: Math.max(1024, Number(given.get('maxbuf') ?? DEFAULT_MAX_BUFFER) || DEFAULT_MAX_BUFFER),
  };
}

function cipherOf(offered: string): Cipher {
  const cipher = CIPHERS.find(c => listOf(offered).includes(c));
  if (!cipher) throw new Error(`the server encrypts with ${offered || 'nothing'}, we with ${CIPHERS.join(' or ')}`);
  return cipher;
}

const listOf = (value: string): string[] => value.split(',').map(q => q.trim());

/** The server's side of one exchange. */
export class DigestServer {
  private readonly nonce = randomBytes(30).toString('base64');

  constructor(private readonly offered: readonly QualityOfProtection[] = ['auth']) {}

  get challenge(): string {
    const ciphers = this.offered.includes('auth-conf') ? `,cipher="${CIPHERS.join(',')}"` : '';
    const qop = this.offered.join(',');
    return `realm="${REALM}",nonce="${this.nonce}",qop="${qop}",charset=utf-8${ciphers},algorithm=md5-sess`;
  }

  /** The user name of a response, before it is checked. */
  static usernameOf(response: string): string | undefined {
    return parseDirectives(response).get('username');
  }

  /** What to answer and what is agreed on, or undefined if the response does not prove the password. */
  verify(response: string, password: string): { proof: string; agreement: Agreement } | undefined {
    const given = parseDirectives(response);
    const username = given.get('username');
    const cnonce = given.get('cnonce');
    const qop = this.offered.find(q => q === (given.get('qop') ?? 'auth'));
    const cipher = CIPHERS.find(c => c === given.get('cipher'));
    const valid =
      username !== undefined &&
      cnonce !== undefined &&
      given.get('realm') === REALM &&
      given.get('nonce') === this.nonce &&
      given.get('nc') === NC &&
      given.get('digest-uri')?.toLowerCase() === DIGEST_URI;
    if (!valid || !qop || (qop === 'auth-conf' && !cipher)) return undefined;
    const expected = digests({ username, password, nonce: this.nonce, cnonce, qop });
    const a = Buffer.from(given.get('response') ?? '');
    const b = Buffer.from(expected.response);
    if (a.length !== b.length || !timingSafeEqual(a, b)) return undefined;
    const agreement = { qop, ha1: expected.ha1, ...(qop === 'auth-conf' && cipher && { cipher }) };
    return { proof: `rspauth=${expected.rspauth}`, agreement };
  }
}
