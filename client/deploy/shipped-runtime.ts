import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Configuration, Options } from '../../core/config/index.js';
import { MillraceError } from '../../core/errors.js';
import {
  type CachedFile,
  checkNodeCanTravel,
  NODE_KEY,
  RUNTIME_KEY,
  thisNode,
} from '../../yarn-bridge/launch/index.js';

/** What every container needs, as files on this host, and how Node is called in a container. */
export interface ShippedRuntime {
  files: CachedFile[];
  nodeCommand: string;
}

/** The runtime archive, and Node itself unless `yarn.node-path` says where it is on the nodes. */
export function shippedRuntime(configuration: Configuration): ShippedRuntime {
  const archive = runtimeArchive();
  const runtime: CachedFile = { ...archive, key: RUNTIME_KEY, name: 'runtime.tgz', type: 'ARCHIVE' };
  const nodePath = configuration.get(Options.yarnNodePath);
  if (nodePath !== undefined) {
    if (!nodePath.startsWith('/')) {
      throw new MillraceError(
        'ILLEGAL_CONFIGURATION',
        `yarn.node-path: "${nodePath}" is no absolute path: it is looked up on the NodeManagers, where PATH is not this host's.`,
      );
    }
    return { files: [runtime], nodeCommand: nodePath };
  }
  if (!configuration.get(Options.yarnShipNode)) {
    throw new MillraceError(
      'ILLEGAL_CONFIGURATION',
      'yarn.ship-node is false, so yarn.node-path must say where Node is on the NodeManagers.',
    );
  }
  const node = thisNode();
  checkNodeCanTravel(node);
  return {
    files: [runtime, { file: node.path, ...hashFromBuild(node.path), key: NODE_KEY, name: 'node', type: 'FILE' }],
    nodeCommand: `./${NODE_KEY}`,
  };
}

/** Written by the build; of no use for another Node, or one that has been replaced since. */
function hashFromBuild(path: string): { sha256?: string } {
  const file = inDist('node.json');
  if (file === undefined) return {};
  const built = JSON.parse(readFileSync(file, 'utf8')) as {
    path: string;
    size: number;
    mtimeMs: number;
    sha256: string;
  };
  const { size, mtimeMs } = statSync(path);
  return built.path === path && built.size === size && built.mtimeMs === mtimeMs ? { sha256: built.sha256 } : {};
}

function runtimeArchive(): { file: string; sha256?: string } {
  const file = inDist('runtime.tgz');
  if (file !== undefined) {
    const hash = `${file}.sha256`;
    return { file, ...(existsSync(hash) && { sha256: readFileSync(hash, 'utf8').trim() }) };
  }
  throw new MillraceError(
    'ILLEGAL_STATE',
    'The runtime archive (dist/runtime.tgz) is missing: npm run build makes it.',
    { domain: 'user' },
  );
}

/** A file of the build, seen from dist/client/ as from the sources. */
function inDist(name: string): string | undefined {
  return [`../${name}`, `../../dist/${name}`]
    .map(relative => fileURLToPath(new URL(relative, import.meta.url)))
    .find(file => existsSync(file));
}
