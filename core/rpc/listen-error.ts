import { MillraceError, messageOf } from '../errors.js';

/** Which configuration keys an address to listen on came from, for people. */
export interface ListenKeys {
  host: string;
  port: string;
}

/** Why nobody can listen there, and which key to change. */
export function listenError(host: string, port: number | string, keys: ListenKeys, cause: unknown): MillraceError {
  const what = `cannot listen on ${host}:${port}: ${reason(host, port, keys, cause)}`;
  return new MillraceError('CONNECTION_FAILED', what, { cause, context: { host, port } });
}

function reason(host: string, port: number | string, keys: ListenKeys, cause: unknown): string {
  switch ((cause as NodeJS.ErrnoException | undefined)?.code) {
    case 'EADDRINUSE': {
      const taken = /[-,]/.test(String(port)) ? 'each of these ports is' : 'the port is';
      return `${taken} taken (EADDRINUSE); end the process that listens there or set ${keys.port}`;
    }
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is no address of this host (${(cause as NodeJS.ErrnoException).code}); set ${keys.host}`;
    case 'EACCES':
      return `this user may not (EACCES); set ${keys.port}`;
    default:
      return `${messageOf(cause)} (${keys.host}, ${keys.port})`;
  }
}
