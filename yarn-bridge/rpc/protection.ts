import { MillraceError } from '../../core/errors.js';

/** SASL's quality of protection: who it is; and that nobody changes a byte; and that nobody reads one. */
export type QualityOfProtection = 'auth' | 'auth-int' | 'auth-conf';

/** What `auth-conf` can encrypt with here, the better first; Java's peers know both. */
export const CIPHERS = ['3des', 'rc4'] as const;
export type Cipher = (typeof CIPHERS)[number];

/** What two peers have agreed on, with the secret of their session. */
export interface Agreement {
  qop: QualityOfProtection;
  /** Only with `auth-conf`. */
  cipher?: Cipher;
  /** The 16 bytes that all keys come from. */
  ha1: Buffer;
}

export const RPC_PROTECTION = 'hadoop.rpc.protection';

const BY_NAME: ReadonlyMap<string, QualityOfProtection> = new Map([
  ['authentication', 'auth'],
  ['integrity', 'auth-int'],
  ['privacy', 'auth-conf'],
]);
const BY_STRENGTH: readonly QualityOfProtection[] = ['auth-conf', 'auth-int', 'auth'];

/** The value of `hadoop.rpc.protection`: one name or several with commas. Throws ILLEGAL_CONFIGURATION for others. */
export function parseProtection(value: string): QualityOfProtection[] {
  return value.split(',').map(name => {
    const qop = BY_NAME.get(name.trim().toLowerCase());
    if (qop) return qop;
    const known = [...BY_NAME.keys()].join(', ');
    throw new MillraceError('ILLEGAL_CONFIGURATION', `${RPC_PROTECTION} is '${value}': it takes ${known}`);
  });
}

/** The strongest of what a server offers, undefined if we speak none of it. */
export function strongestOf(offered: readonly string[]): QualityOfProtection | undefined {
  return BY_STRENGTH.find(qop => offered.includes(qop));
}
