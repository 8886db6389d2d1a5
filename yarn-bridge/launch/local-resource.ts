import type { FileStatus } from '../../core/fs/index.js';
import { parsePath } from '../../core/fs/index.js';
import type { ShippedResource } from '../../core/protocol/index.js';
import type { LocalResource } from '../rpc/index.js';

const TYPES = { ARCHIVE: 1, FILE: 2 } as const;
const VISIBILITIES = { PRIVATE: 2, APPLICATION: 3 } as const;

/** A resource from what the NameNode says about a file: YARN refuses one whose time differs by a millisecond. */
export function shippedResource(
  status: FileStatus,
  { key, type = 'FILE', visibility = 'APPLICATION' }: Pick<ShippedResource, 'key'> & Partial<ShippedResource>,
): ShippedResource {
  return { key, uri: status.path, size: status.length, timestamp: status.modificationTime, type, visibility };
}

/** As the ResourceManager's REST interface takes it. Type and visibility are always there: without them it answers 503. */
export function restResource(resource: ShippedResource): { key: string; value: Record<string, string | number> } {
  const { key, uri, size, timestamp, type, visibility } = resource;
  return { key, value: { resource: encodeUri(uri), type, visibility, size, timestamp } };
}

/** As a NodeManager takes it. */
export function protoResource(resource: ShippedResource): { key: string; value: LocalResource } {
  const { key, uri, size, timestamp, type, visibility } = resource;
  const { scheme, authority, path } = parsePath(uri);
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(authority)!;
  return {
    key,
    value: {
      resource: { scheme, ...(host !== '' && { host }), ...(port !== undefined && { port: Number(port) }), file: path },
      size,
      timestamp,
      type: TYPES[type],
      visibility: VISIBILITIES[visibility],
    },
  };
}

/** Paths are text; the REST interface reads a URI, in which blanks, percent signs and the like must be encoded. */
function encodeUri(text: string): string {
  const { scheme, authority, path } = parsePath(text);
  return `${scheme}://${authority}${path.split('/').map(encodeURIComponent).join('/')}`;
}
