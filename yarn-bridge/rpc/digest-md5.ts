import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** SASL DIGEST-MD5 (RFC 2831) as Hadoop uses it: realm and server id `default`, one response a connection, qop auth. */
const REALM = 'default';
const DIGEST_URI = '/default';
const NC = '00000001';

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

/** `response` and `rspauth` of an exchange. */
export function digests({ username, password, nonce, cnonce, qop }: DigestParts): {
  response: string;
  rspauth: string;
} {
  const secret = md5(`${username}:${REALM}:${password}`);
  const ha1 = md5(Buffer.concat([secret, Buffer.from(`:${nonce}:${cnonce}`)])).toString('hex');
  const tail = qop === 'auth' ? '' : `:${'0'.repeat(32)}`;
  const value = (a2: string): string =>
    md5(`${ha1}:${nonce}:${NC}:${cnonce}:${qop}:${md5(a2 + tail).toString('hex')}`).toString('hex');
  return { response: value(`AUTHENTICATE:${DIGEST_URI}`), rspauth: value(`:${DIGEST_URI}`) };
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

/** The client's answer to a challenge, and what the server must prove with its `rspauth`. */
export function respond(
  challenge: string,
  login: { username: string; password: string },
  cnonce = randomBytes(24).toString('base64'),
): { text: string; rspauth: string } {
  const given = parseDirectives(challenge);
  const nonce = given.get('nonce');
  if (nonce === undefined) throw new Error('the challenge has no nonce');
  const offered = (given.get('qop') ?? 'auth').split(',').map(q => q.trim());
  if (!offered.includes('auth')) {
    throw new Error(
      `the server asks for ${offered.join(' or ')} (hadoop.rpc.protection), only authentication is supported`,
    );
  }
  const { response, rspauth } = digests({ ...login, nonce, cnonce, qop: 'auth' });
  const text =
    `charset=utf-8,username="${login.username}",realm="${given.get('realm') ?? REALM}",nonce="${nonce}",nc=${NC},` +
    `cnonce="${cnonce}",digest-uri="${DIGEST_URI}",maxbuf=65536,response=${response},qop=auth`;
  return { text, rspauth };
}

/** The server's side of one exchange. */
export class DigestServer {
  private readonly nonce = randomBytes(30).toString('base64');

  get challenge(): string {
    return `realm="${REALM}",nonce="${this.nonce}",qop="auth",charset=utf-8,algorithm=md5-sess`;
  }

  /** The user name of a response, before it is checked. */
  static usernameOf(response: string): string | undefined {
    return parseDirectives(response).get('username');
  }

  /** `rspauth=…`, or undefined if the response does not prove the password. */
  verify(response: string, password: string): string | undefined {
    const given = parseDirectives(response);
    const username = given.get('username');
    const cnonce = given.get('cnonce');
    const valid =
      username !== undefined &&
      cnonce !== undefined &&
      given.get('realm') === REALM &&
      given.get('nonce') === this.nonce &&
      given.get('nc') === NC &&
      (given.get('qop') ?? 'auth') === 'auth' &&
      given.get('digest-uri')?.toLowerCase() === DIGEST_URI;
    if (!valid) return undefined;
    const expected = digests({ username, password, nonce: this.nonce, cnonce, qop: 'auth' });
    const a = Buffer.from(given.get('response') ?? '');
    const b = Buffer.from(expected.response);
    return a.length === b.length && timingSafeEqual(a, b) ? `rspauth=${expected.rspauth}` : undefined;
  }
}
