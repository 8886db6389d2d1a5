import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HdfsException } from './hdfs-exception.js';

/** A file or directory. Files' bytes lie in local files named by `block`, never by an HDFS name. */
export interface Inode {
  id: number;
  name: string;
  owner: string;
  group: string;
  /** Octal digits. */
  permission: string;
  modified: number;
  accessed: number;
  children?: Map<string, Inode>;
  block?: number;
  length: number;
  /** Undefined: the default. */
  blockSize?: number;
  replication: number;
  /** Open for writing: shows length 0. */
  open?: boolean;
}

type Entry = Omit<Inode, 'children' | 'open' | 'name'> & { path: string; directory: boolean };

export const DEFAULT_BLOCK_SIZE = 128 * 1024 ** 2;
const MINIMUM_BLOCK_SIZE = 1024 ** 2;
export const SUPERGROUP = 'supergroup';

export function splitPath(path: string): string[] {
  const parts = path.split('/').filter(p => p !== '' && p !== '.');
  if (!path.startsWith('/') || parts.includes('..') || path.includes('\0') || parts.some(p => p.includes(':'))) {
    throw new HdfsException('IllegalArgumentException', `Invalid path name Invalid file name: ${path}`);
  }
  return parts;
}

/**
 * The tree of names. Every change is appended to a journal before it is answered, so that a restart finds all of it; the
 * journal is folded into a snapshot when the daemon starts.
 */
export class Namespace {
  private readonly root: Inode;
  private nextId = 1;
  private readonly journal: string;
  private readonly snapshot: string;

  constructor(
    dir: string,
    readonly superuser: string,
    private readonly now: () => number = Date.now,
  ) {
    mkdirSync(dir, { recursive: true });
    this.journal = join(dir, 'edits.jsonl');
    this.snapshot = join(dir, 'image.jsonl');
    this.root = this.inode('', superuser, '755', true);
    if (existsSync(this.snapshot) || existsSync(this.journal)) this.load();
    else {
      this.mkdirs('/tmp', superuser, '1777');
      this.mkdirs(`/user/${superuser}`, superuser, '755');
    }
  }

  find(path: string): Inode | undefined {
    let node: Inode | undefined = this.root;
    for (const part of splitPath(path)) node = node?.children?.get(part);
    return node;
  }

  get(path: string): Inode {
    const node = this.find(path);
    if (!node) throw new HdfsException('FileNotFoundException', `File does not exist: ${path}`);
    return node;
  }

  /** Ancestors from the root to the parent, as far as they exist. */
  ancestors(path: string): Inode[] {
    const chain = [this.root];
    for (const part of splitPath(path).slice(0, -1)) {
      const next = chain[chain.length - 1]!.children?.get(part);
      if (!next) break;
      chain.push(next);
    }
    return chain;
  }

  mkdirs(path: string, owner: string, permission: string): void {
    let node = this.root;
    let at = '';
    for (const part of splitPath(path)) {
      at += `/${part}`;
      let child = node.children!.get(part);
      if (!child) {
        child = this.inode(part, owner, permission, true, node.group);
        this.link(node, child);
        this.log({ op: 'put', entry: this.entryOf(child, at) });
      } else if (!child.children) {
        throw new HdfsException(
          'ParentNotDirectoryException',
          `Parent path is not a directory: ${at} is not a directory`,
        );
      }
      node = child;
    }
  }

  /** A new file, open for writing, in place of what stood there. */
  create(
    path: string,
    owner: string,
    permission: string,
    overwrite: boolean,
    { blockSize = DEFAULT_BLOCK_SIZE, replication = 1 } = {},
  ): Inode {
    const parts = splitPath(path);
    const existing = this.find(path);
    if (existing?.children)
      throw new HdfsException('FileAlreadyExistsException', `${path} already exists as a directory`);
    if (blockSize < MINIMUM_BLOCK_SIZE) {
      throw new HdfsException(
        'IOException',
        `Specified block size ${blockSize} is less than configured minimum value dfs.namenode.fs-limits.min-block-size=${MINIMUM_BLOCK_SIZE}`,
      );
    }
    if (existing?.open) throw alreadyBeingCreated(path, owner);
    if (existing && !overwrite) {
      throw new HdfsException('FileAlreadyExistsException', `${path} for client 127.0.0.1 already exists`);
    }
    if (parts.length === 0) throw new HdfsException('FileAlreadyExistsException', '/ already exists as a directory');
    if (parts.length > 1) this.mkdirs(`/${parts.slice(0, -1).join('/')}`, owner, '755');
    const parent = this.find(`/${parts.slice(0, -1).join('/')}`)!;
    const file = this.inode(parts[parts.length - 1]!, owner, permission, false, parent.group);
    file.block = file.id;
    if (blockSize !== DEFAULT_BLOCK_SIZE) file.blockSize = blockSize;
    file.replication = replication;
    file.open = true;
    this.link(parent, file);
    return file;
  }

  /** The file is whole, or as whole as it will get. */
  complete(path: string, file: Inode, length: number): void {
    delete file.open;
    file.length = length;
    file.modified = this.now();
    // It may have been deleted or renamed while it was written.
    if (this.find(path) === file) this.log({ op: 'put', entry: this.entryOf(file, path) });
  }

  remove(path: string): Inode | undefined {
    const parts = splitPath(path);
    const node = this.find(path);
    if (!node || parts.length === 0) return undefined;
    const parent = this.find(`/${parts.slice(0, -1).join('/')}`)!;
    parent.children!.delete(node.name);
    parent.modified = this.now();
    this.log({ op: 'remove', path });
    return node;
  }

  move(from: string, to: string): void {
    const node = this.get(from);
    const source = splitPath(from);
    const target = splitPath(to);
    this.find(`/${source.slice(0, -1).join('/')}`)!.children!.delete(node.name);
    node.name = target[target.length - 1]!;
    this.link(this.find(`/${target.slice(0, -1).join('/')}`)!, node);
    this.log({ op: 'move', from, to });
  }

  /** Sets attributes and remembers them. */
  update(
    path: string,
    node: Inode,
    change: Partial<Pick<Inode, 'owner' | 'group' | 'permission' | 'modified' | 'accessed' | 'replication' | 'length'>>,
  ): void {
    Object.assign(node, change);
    this.log({ op: 'put', entry: this.entryOf(node, path) });
  }

  private inode(name: string, owner: string, permission: string, directory: boolean, group = SUPERGROUP): Inode {
    const now = this.now();
    const node: Inode = {
      id: this.nextId++,
      name,
      owner,
      group,
      permission,
      modified: now,
      accessed: now,
      length: 0,
      replication: directory ? 0 : 1,
    };
    if (directory) node.children = new Map();
    return node;
  }

  private link(parent: Inode, child: Inode): void {
    parent.children!.set(child.name, child);
    parent.modified = this.now();
  }

  private entryOf(node: Inode, path: string): Entry {
    const { children, open: _open, name: _name, ...rest } = node;
    return { ...rest, path: `/${splitPath(path).join('/')}`, directory: children !== undefined };
  }

  private log(record: object): void {
    appendFileSync(this.journal, `${JSON.stringify(record)}\n`);
  }

  private load(): void {
    for (const file of [this.snapshot, this.journal]) {
      if (!existsSync(file)) continue;
      for (const line of readFileSync(file, 'utf8').split('\n')) {
        if (line === '') continue;
        let record: { op: string; entry?: Entry; path?: string; from?: string; to?: string };
        try {
          record = JSON.parse(line) as typeof record;
        } catch {
          // The last line of a process that was killed while it wrote.
          continue;
        }
        this.replay(record);
      }
    }
    const lines: string[] = [];
    const visit = (node: Inode, path: string): void => {
      if (path !== '') lines.push(JSON.stringify({ op: 'put', entry: this.entryOf(node, path) }));
      for (const child of node.children?.values() ?? []) visit(child, `${path}/${child.name}`);
    };
    visit(this.root, '');
    writeFileSync(`${this.snapshot}.part`, lines.map(l => `${l}\n`).join(''));
    renameSync(`${this.snapshot}.part`, this.snapshot);
    rmSync(this.journal, { force: true });
  }

  private replay({
    op,
    entry,
    path,
    from,
    to,
  }: {
    op: string;
    entry?: Entry;
    path?: string;
    from?: string;
    to?: string;
  }): void {
    const parentOf = (p: string): Inode | undefined => this.find(p.slice(0, p.lastIndexOf('/')) || '/');
    if (op === 'put' && entry) {
      const { path: at, directory, ...rest } = entry;
      const name = at.slice(at.lastIndexOf('/') + 1);
      const children = directory ? (this.find(at)?.children ?? new Map<string, Inode>()) : undefined;
      parentOf(at)?.children?.set(name, { ...rest, name, ...(children && { children }) });
      this.nextId = Math.max(this.nextId, entry.id + 1);
    } else if (op === 'remove' && path !== undefined) {
      const node = this.find(path);
      if (node) parentOf(path)?.children?.delete(node.name);
    } else if (op === 'move' && from !== undefined && to !== undefined) {
      const node = this.find(from);
      if (!node) return;
      parentOf(from)?.children?.delete(node.name);
      node.name = to.slice(to.lastIndexOf('/') + 1);
      parentOf(to)?.children?.set(node.name, node);
    }
  }
}

export function alreadyBeingCreated(path: string, user: string): HdfsException {
  return new HdfsException(
    'AlreadyBeingCreatedException',
    `Failed to CREATE_FILE ${path} for ${user} on 127.0.0.1 because this file lease is currently owned by another client`,
  );
}
