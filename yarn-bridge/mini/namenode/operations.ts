import type { FileChecksum } from './file-checksum.js';
import { HdfsException } from './hdfs-exception.js';
import { DEFAULT_BLOCK_SIZE, type Inode, Namespace, splitPath } from './namespace.js';
import type { Permissions } from './permissions.js';

export interface Call {
  path: string;
  user: string;
  query: URLSearchParams;
}

export interface Storage {
  /** Removes the bytes of files that are gone. */
  drop(node: Inode): void;
  checksum(node: Inode): Promise<FileChecksum>;
  /** Bytes. */
  space(): { capacity: number; remaining: number };
  truncate(node: Inode, length: number): void;
  concat(target: Inode, sources: Inode[]): void;
}

const normal = (path: string): string => `/${splitPath(path).join('/')}`;

/** The order of listings: by the bytes of names, which are signed in Java. */
function compareNames(a: string, b: string): number {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    if (x[i] !== y[i]) return x.readInt8(i) - y.readInt8(i);
  }
  return x.length - y.length;
}

export function fileStatus(node: Inode, pathSuffix = ''): object {
  const directory = node.children !== undefined;
  return {
    accessTime: directory ? 0 : node.accessed,
    blockSize: directory ? 0 : (node.blockSize ?? DEFAULT_BLOCK_SIZE),
    childrenNum: node.children?.size ?? 0,
    fileId: 16384 + node.id,
    group: node.group,
    length: node.open ? 0 : node.length,
    modificationTime: node.modified,
    owner: node.owner,
    pathSuffix,
    permission: node.permission,
    replication: node.replication,
    storagePolicy: 0,
    type: directory ? 'DIRECTORY' : 'FILE',
  };
}

/** The metadata calls of WebHDFS: method and `op` → answer. Undefined: an empty 200. */
export function createOperations(
  namespace: Namespace,
  permissions: Permissions,
  storage: Storage,
): Record<string, (call: Call) => object | undefined | Promise<object>> {
  const look = ({ path, user }: Call): Inode => {
    permissions.traverse(path, user);
    return namespace.get(path);
  };
  const list = (call: Call): Array<[string, Inode]> => {
    const { path, user } = call;
    permissions.traverse(path, user);
    const node = namespace.find(path);
    if (!node) throw new HdfsException('FileNotFoundException', `File ${path} does not exist.`);
    if (!node.children) return [['', node]];
    permissions.check(node, path, user, 'READ');
    return [...node.children].sort((a, b) => compareNames(a[0], b[0]));
  };
  const drop = (node: Inode): void => {
    if (node.children) for (const child of node.children.values()) drop(child);
    else storage.drop(node);
  };
  const rename = ({ path, user, query }: Call): object | undefined => {
    const destination = query.get('destination') ?? '';
    if (!destination.startsWith('/')) {
      throw new HdfsException(
        'IllegalArgumentException',
        `Invalid value for webhdfs parameter "destination": ${destination}`,
      );
    }
    const options = query.get('renameoptions')?.toUpperCase().split(',');
    const from = normal(path);
    let to = normal(destination);
    permissions.changeEntry(from, user);
    const source = namespace.find(from);
    let target = namespace.find(to);
    // The old form moves into an existing folder, and answers false where the new one throws.
    if (!options && target?.children && source) {
      to = `${to === '/' ? '' : to}/${source.name}`;
      target = namespace.find(to);
    }
    const parent = namespace.find(to.slice(0, to.lastIndexOf('/')) || '/');
    const fail = (exception: HdfsException): { boolean: false } => {
      if (options) throw exception;
      return { boolean: false };
    };
    if (!source) return fail(new HdfsException('FileNotFoundException', `rename source ${from} is not found.`));
    if (to === from || to.startsWith(`${from}/`)) {
      return fail(
        new HdfsException('FileAlreadyExistsException', `The source ${from} and destination ${to} are the same`),
      );
    }
    if (!parent) return fail(new HdfsException('FileNotFoundException', `rename destination parent ${to} not found.`));
    if (!parent.children)
      return fail(new HdfsException('ParentNotDirectoryException', `rename destination parent ${to} is a file.`));
    permissions.changeEntry(to, user);
    if (target) {
      if (!options?.includes('OVERWRITE')) {
        return fail(new HdfsException('FileAlreadyExistsException', `rename destination ${to} already exists`));
      }
      if (Boolean(target.children) !== Boolean(source.children)) {
        throw new HdfsException(
          'IOException',
          `Source ${from} and destination ${to} must both be directories or files`,
        );
      }
      if (target.children?.size)
        throw new HdfsException('IOException', `rename destination directory is not empty: ${to}`);
      namespace.remove(to);
      drop(target);
    }
    namespace.move(from, to);
    return options ? undefined : { boolean: true };
  };

  return {
    'GET GETFILESTATUS': call => {
      permissions.traverse(call.path, call.user);
      const node = namespace.find(call.path);
      if (!node) throw new HdfsException('FileNotFoundException', `File does not exist: ${call.path}`);
      return { FileStatus: fileStatus(node) };
    },
    'GET LISTSTATUS': call => ({ FileStatuses: { FileStatus: list(call).map(([name, n]) => fileStatus(n, name)) } }),
    'GET LISTSTATUS_BATCH': call => {
      const after = call.query.get('startAfter') ?? '';
      const rest = list(call).filter(([name]) => after === '' || compareNames(name, after) > 0);
      const page = rest.slice(0, 1000);
      return {
        DirectoryListing: {
          partialListing: { FileStatuses: { FileStatus: page.map(([name, n]) => fileStatus(n, name)) } },
          remainingEntries: rest.length - page.length,
        },
      };
    },
    'GET GETCONTENTSUMMARY': call => {
      const sum = { directoryCount: 0, fileCount: 0, length: 0 };
      const visit = (n: Inode): void => {
        if (n.children) {
          sum.directoryCount++;
          for (const child of n.children.values()) visit(child);
        } else {
          sum.fileCount++;
          sum.length += n.length;
        }
      };
      visit(look(call));
      return {
        ContentSummary: {
          ...sum,
          ecPolicy: '',
          quota: -1,
          spaceConsumed: sum.length,
          spaceQuota: -1,
          snapshotDirectoryCount: 0,
          snapshotFileCount: 0,
          snapshotLength: 0,
          snapshotSpaceConsumed: 0,
          typeQuota: {},
        },
      };
    },
    'GET GETFILECHECKSUM': async call => {
      const node = look(call);
      if (node.children) throw new HdfsException('FileNotFoundException', `Path is not a file: ${call.path}`);
      permissions.check(node, call.path, call.user, 'READ');
      return { FileChecksum: await storage.checksum(node) };
    },
    'GET GETSTATUS': () => {
      let used = 0;
      const visit = (n: Inode): void => {
        used += n.length;
        for (const child of n.children?.values() ?? []) visit(child);
      };
      visit(namespace.get('/'));
      return { FsStatus: { used, ...storage.space() } };
    },
    'GET GETHOMEDIRECTORY': ({ user }) => ({ Path: `/user/${user}` }),
    'GET GETTRASHROOT': ({ user }) => ({ Path: `/user/${user}/.Trash` }),
    'GET GETDELEGATIONTOKEN': () => ({ Token: null }),
    'GET GETACLSTATUS': call => {
      const n = look(call);
      return { AclStatus: { entries: [], group: n.group, owner: n.owner, permission: n.permission, stickyBit: false } };
    },
    'GET CHECKACCESS': call => {
      const node = look(call);
      const wanted = call.query.get('fsaction') ?? '';
      if (wanted.includes('r')) permissions.check(node, call.path, call.user, 'READ');
      if (wanted.includes('w')) permissions.check(node, call.path, call.user, 'WRITE');
      if (wanted.includes('x')) permissions.check(node, call.path, call.user, 'EXECUTE');
      return undefined;
    },
    'GET GETSERVERDEFAULTS': () => ({
      FsServerDefaults: {
        blockSize: DEFAULT_BLOCK_SIZE,
        bytesPerChecksum: 512,
        writePacketSize: 65536,
        replication: 1,
        fileBufferSize: 4096,
        encryptDataTransfer: false,
        trashInterval: 0,
        checksumType: 2,
        keyProviderUri: '',
        defaultStoragePolicyId: 7,
        policyId: 7,
      },
    }),
    'PUT MKDIRS': ({ path, user, query }) => {
      const existing = namespace.find(path);
      if (existing) {
        permissions.traverse(path, user);
        if (existing.children) return { boolean: true };
        throw new HdfsException('FileAlreadyExistsException', `Path is not a directory: ${path}`);
      }
      permissions.changeEntry(path, user);
      namespace.mkdirs(path, user, query.get('permission') ?? '755');
      return { boolean: true };
    },
    'PUT RENAME': rename,
    'DELETE DELETE': ({ path, user, query }) => {
      permissions.changeEntry(path, user);
      const node = namespace.find(path);
      if (!node || splitPath(path).length === 0) return { boolean: false };
      if (node.children?.size && query.get('recursive') !== 'true') {
        throw new HdfsException(
          'PathIsNotEmptyDirectoryException',
          `${normal(path)} is non empty': Directory is not empty`,
        );
      }
      namespace.remove(path);
      drop(node);
      return { boolean: true };
    },
    'PUT SETPERMISSION': call => {
      const node = look(call);
      permissions.owns(node, call.path, call.user);
      namespace.update(call.path, node, { permission: call.query.get('permission') ?? '755' });
      return undefined;
    },
    'PUT SETOWNER': call => {
      const node = look(call);
      const owner = call.query.get('owner');
      const group = call.query.get('group');
      if (owner && call.user !== namespace.superuser) {
        throw new HdfsException(
          'AccessControlException',
          `User ${call.user} is not a super user (non-super user cannot change owner).`,
        );
      }
      permissions.owns(node, call.path, call.user);
      namespace.update(call.path, node, { ...(owner && { owner }), ...(group && { group }) });
      return undefined;
    },
    'PUT SETTIMES': call => {
      const node = look(call);
      const time = (name: string): number => Number(call.query.get(name) ?? -1);
      const [modified, accessed] = [time('modificationtime'), time('accesstime')];
      namespace.update(call.path, node, { ...(modified >= 0 && { modified }), ...(accessed >= 0 && { accessed }) });
      return undefined;
    },
    'PUT SETREPLICATION': call => {
      const node = look(call);
      if (node.children) return { boolean: false };
      namespace.update(call.path, node, { replication: Number(call.query.get('replication') ?? 1) });
      return { boolean: true };
    },
    'POST TRUNCATE': call => {
      const node = look(call);
      if (node.children) throw new HdfsException('FileNotFoundException', `Path is not a file: ${call.path}`);
      permissions.check(node, call.path, call.user, 'WRITE');
      const text = call.query.get('newlength');
      if (!text) {
        const what = 'Required param newlength for op: TRUNCATE is null or empty';
        throw new HdfsException('IllegalArgumentException', what);
      }
      const length = Number(text);
      if (length > node.length) {
        throw new HdfsException(
          'HadoopIllegalArgumentException',
          `Cannot truncate to a larger file size. Current size: ${node.length}, truncate size: ${length}.`,
        );
      }
      if (length === node.length) return { boolean: true };
      storage.truncate(node, length);
      namespace.update(call.path, node, { length, modified: Date.now() });
      // A real one has to cut a block then, and says that it is not done yet.
      return { boolean: length % (node.blockSize ?? DEFAULT_BLOCK_SIZE) === 0 };
    },
    'POST CONCAT': call => {
      const node = look(call);
      const sources = (call.query.get('sources') ?? '').split(',').filter(Boolean);
      const nodes = sources.map(s => namespace.get(s));
      storage.concat(node, nodes);
      namespace.update(call.path, node, {
        length: node.length + nodes.reduce((n, s) => n + s.length, 0),
        modified: Date.now(),
      });
      for (const s of sources) {
        const gone = namespace.remove(s);
        if (gone) drop(gone);
      }
      return undefined;
    },
  };
}

export { Namespace };
