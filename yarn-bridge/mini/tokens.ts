import { createHmac } from 'node:crypto';
import { encodeMessage, type Token } from '../rpc/index.js';

export const INVALID_TOKEN = 'org.apache.hadoop.security.token.SecretManager$InvalidToken';

/** Password of a token of the embedded Hadoop: as in Hadoop, an HMAC-SHA1 of its identifier. */
export function tokenPassword(key: Buffer, identifier: Uint8Array): Buffer {
  return createHmac('sha1', key).update(identifier).digest();
}

export function mintToken(key: Buffer, kind: string, type: string, identifier: object, service = ''): Token {
  const bytes = encodeMessage(type, identifier);
  return { identifier: bytes, password: tokenPassword(key, bytes), kind, service };
}
