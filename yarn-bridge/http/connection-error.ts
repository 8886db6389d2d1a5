import { MillraceError, messageOf } from '../../core/errors.js';
import { errnoOf } from '../../core/fs/index.js';

/** What a server is to its caller, for messages: `the NameNode`, `the ResourceManager`. */
export interface Peer {
  what: string;
  /** What a user can look at when it can't be reached. */
  check?: string;
}

const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ECONNECTTIMEOUT',
]);

/** Node's codes for what is wrong with the certificate of a server. */
const CERTIFICATE = /CERT|UNABLE_TO_GET_ISSUER|ERR_TLS_/;

/**
 * A call that got no answer, as CONNECTION_FAILED or TIMEOUT. `context.sent` is false where the request can't have
 * reached the server, so that repeating it is safe whatever it does.
 */
export function connectionError(error: unknown, url: string, peer: Peer): MillraceError {
  if (error instanceof MillraceError) return error;
  const address = addressOf(url);
  const errno = errnoOf(error) ?? errnoOf(causeOf(error)) ?? '';
  const check = peer.check === undefined ? '' : ` ${peer.check}`;
  const message = `No answer from ${peer.what} at ${address}: ${reason(errno, error, address)}.${check}`;
  return new MillraceError('CONNECTION_FAILED', message, {
    retry: 'backoff',
    cause: error,
    context: { address, errno, sent: !NEVER_SENT.has(errno) },
  });
}

export function timeoutError(url: string, peer: Peer, waited: number, doing = 'an answer'): MillraceError {
  const address = addressOf(url);
  const check = peer.check === undefined ? '' : ` ${peer.check}`;
  const message = `${capital(peer.what)} at ${address} is silent: waited ${waited} ms for ${doing}.${check}`;
  return new MillraceError('TIMEOUT', message, {
    domain: 'external',
    retry: 'backoff',
    context: { address, sent: true },
  });
}

/** True if the request of this failure can't have reached its server. */
export function neverSent(error: unknown): boolean {
  return error instanceof MillraceError && error.context['sent'] === false;
}

/** True if a host name could not be resolved. */
export function isUnresolved(error: unknown): boolean {
  const errno = error instanceof MillraceError ? String(error.context['errno'] ?? '') : '';
  return errno === 'ENOTFOUND' || errno.startsWith('EAI_');
}

export function addressOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

function reason(errno: string, error: unknown, address: string): string {
  switch (errno) {
    case 'ECONNREFUSED':
      return 'nobody listens there (connection refused)';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
    case 'EAI_NODATA':
      return `the host name '${address.replace(/:\d+$/, '')}' can't be resolved`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no route to that host';
    case 'ETIMEDOUT':
    case 'ECONNECTTIMEOUT':
      return 'the connection was not made in time';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the connection broke';
  }
  if (CERTIFICATE.test(errno)) {
    const text = messageOf(error);
    return `its certificate is not trusted (${text}); set NODE_EXTRA_CA_CERTS to a file with the cluster's certificate authority`;
  }
  if (errno.startsWith('HPE_'))
    return `what answers there does not speak HTTP (${messageOf(error)}); is this an RPC port?`;
  return messageOf(error) || errno;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
