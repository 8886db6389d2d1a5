import { createRequire } from 'node:module';
import { MillraceError } from '../core/errors.js';
import type { Diversions } from './diversions.js';
import type { Sandbox } from './sandbox.js';

const require = createRequire(import.meta.url);

const names = (text: string): string[] => text.split(' ');

const FILES = names(
  'access appendFile chmod chown copyFile cp glob lchmod lchown link lstat lutimes mkdir mkdtemp open opendir readdir ' +
    'readlink realpath rename rm rmdir stat statfs symlink truncate unlink utimes writeFile',
);
const DNS = names(
  'lookup lookupService resolve resolve4 resolve6 resolveAny resolveCname resolveMx resolveNs resolveSrv resolveTxt reverse',
);

/** What would reach outside, and can't be recorded. `Class.prototype` is one of a module's classes. */
const OUTSIDE: Record<string, readonly string[]> = {
  'node:net': ['connect', 'createConnection', 'createServer'],
  'node:net Socket.prototype': ['connect'],
  'node:net Server.prototype': ['listen'],
  'node:tls': ['connect', 'createServer'],
  'node:http': ['request', 'get', 'createServer'],
  'node:https': ['request', 'get', 'createServer'],
  'node:dgram': ['createSocket'],
  'node:dns': DNS,
  'node:dns/promises': DNS,
  'node:child_process': names('spawn spawnSync exec execSync execFile execFileSync fork'),
  'node:worker_threads': ['Worker'],
  'node:fs': [
    ...FILES,
    ...FILES.map(name => `${name}Sync`),
    ...names('exists existsSync createReadStream createWriteStream openAsBlob watch watchFile'),
  ],
  'node:fs realpath': ['native'],
  'node:fs realpathSync': ['native'],
  'node:fs/promises': [...FILES, 'watch'],
  'node:process': ['chdir', 'kill'],
};

const GLOBALS = ['fetch', 'WebSocket', 'EventSource'] as const;

/** Refused while a program is replayed: in a container it would find another world than where it was submitted. */
export function divertOutside(diverted: Diversions<Sandbox>): void {
  const refuse =
    (what: string) =>
    ({ mode }: Sandbox) =>
      mode === 'record' ? undefined : (): never => refused(what);
  // All are loaded before any is diverted: node:http keeps node:net's functions from when it was loaded.
  const loaded = Object.entries(OUTSIDE).map(([where, functions]) => {
    const [module, path] = where.split(' ') as [string, string?];
    let target = require(module) as Record<string, unknown>;
    for (const part of path?.split('.') ?? []) target = target[part] as Record<string, unknown>;
    return [where.slice('node:'.length).replace(' ', '.'), functions, target] as const;
  });
  for (const [where, functions, target] of loaded) {
    for (const f of functions) {
      if (typeof target[f] === 'function') diverted.method(target, f, refuse(`${where}.${f}`));
    }
  }
  const globals = globalThis as Record<string, unknown>;
  for (const name of GLOBALS) if (name in globals) diverted.getter(globals, name, refuse(name));
  diverted.getter(process as object as { stdin: unknown }, 'stdin', ({ mode }) =>
    mode === 'record' ? undefined : refused('process.stdin'),
  );
}

function refused(what: string): never {
  throw new MillraceError(
    'INVALID_PROGRAM',
    `main called ${what} while its functions were bound: it may only build the graph. Put this into a function's open(), or into a source`,
  );
}
