import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';

/**
 * Who may call. `open`: everybody who reaches the port. `token`: whoever sends it as bearer, and reading from the
 * addresses of YARN's proxy, which passes neither headers nor cookies on.
 */
export type RestAccess = { type: 'open' } | { type: 'token'; token: string; proxyAddresses: ReadonlySet<string> };

/** True for a request that is let in. Bundles are the program's code: only TaskManagers, with the cluster's secret. */
export function isAllowed(request: FastifyRequest, access: RestAccess, secret: string): boolean {
  const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (isBlob(request)) return isSame(bearer, secret);
  if (access.type === 'open' || isSame(bearer, access.token)) return true;
  return isRead(request) && access.proxyAddresses.has(request.ip.replace(/^::ffff:/, ''));
}

const isBlob = (request: FastifyRequest): boolean => request.routeOptions.url?.startsWith('/blobs/') === true;

/** The GET that cancels a job changes something. */
const isRead = ({ method, routeOptions }: FastifyRequest): boolean =>
  method === 'GET' && !routeOptions.url?.endsWith('/yarn-cancel');

function isSame(given: string | undefined, expected: string): boolean {
  const a = Buffer.from(given ?? '');
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
