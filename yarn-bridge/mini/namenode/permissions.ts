import { HdfsException } from './hdfs-exception.js';
import { type Inode, type Namespace, splitPath } from './namespace.js';

const BITS = { READ: 4, WRITE: 2, EXECUTE: 1 } as const;
type Access = keyof typeof BITS;

/** HDFS's rules with dfs.permissions.enabled: the superuser may do everything, others by owner and the rest. */
export class Permissions {
  constructor(private readonly namespace: Namespace) {}

  /** To go through all folders above the path. */
  traverse(path: string, user: string): void {
    let at = '';
    const parts = splitPath(path);
    for (const [i, node] of this.namespace.ancestors(path).entries()) {
      at = i === 0 ? '/' : `/${parts.slice(0, i).join('/')}`;
      if (!node.children) {
        throw new HdfsException('AccessControlException', `${at} (is not a directory)`);
      }
      this.check(node, at, user, 'EXECUTE');
    }
  }

  check(node: Inode, path: string, user: string, access: Access): void {
    if (this.allows(node, user, access)) return;
    const { owner, group } = node;
    throw new HdfsException(
      'AccessControlException',
      `Permission denied: user=${user}, access=${access}, inode="${path}":${owner}:${group}:${symbolic(node)}`,
    );
  }

  /** To add, remove or replace an entry: write access to its folder; in a sticky one only the owner removes. */
  changeEntry(path: string, user: string): void {
    this.traverse(path, user);
    const chain = this.namespace.ancestors(path);
    const parent = chain[chain.length - 1]!;
    const parts = splitPath(path);
    this.check(parent, `/${parts.slice(0, chain.length - 1).join('/')}`, user, 'WRITE');
    const entry = this.namespace.find(path);
    const sticky = parent.permission.length === 4 && Number(parent.permission[0]) & 1;
    if (entry && sticky && user !== this.namespace.superuser && user !== entry.owner && user !== parent.owner) {
      throw new HdfsException(
        'AccessControlException',
        `Permission denied by sticky bit: user=${user}, path="${path}"`,
      );
    }
  }

  /** chmod and the like. */
  owns(node: Inode, path: string, user: string): void {
    if (user === this.namespace.superuser || user === node.owner) return;
    throw new HdfsException(
      'AccessControlException',
      `Permission denied. user=${user} is not the owner of inode=${path.slice(path.lastIndexOf('/') + 1)}`,
    );
  }

  private allows(node: Inode, user: string, access: Access): boolean {
    if (user === this.namespace.superuser) return true;
    const digits = node.permission.slice(-3).padStart(3, '0');
    const digit = Number(user === node.owner ? digits[0] : digits[2]);
    return (digit & BITS[access]) !== 0;
  }
}

function symbolic(node: Inode): string {
  const digits = node.permission.slice(-3).padStart(3, '0');
  const text = [...digits]
    .map(d => `${Number(d) & 4 ? 'r' : '-'}${Number(d) & 2 ? 'w' : '-'}${Number(d) & 1 ? 'x' : '-'}`)
    .join('');
  return (node.children ? 'd' : '-') + text;
}
