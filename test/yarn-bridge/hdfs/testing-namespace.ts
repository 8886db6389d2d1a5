/** How HDFS refuses something: what becomes a RemoteException. Statuses and messages are those of Hadoop 3.4. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly exception: string,
    message: string,
  ) {
    super(message);
  }
}

interface Entry {
  /** Undefined for a directory. */
  data: Buffer | undefined;
  permission: string;
  modificationTime: number;
}

/** Files and directories as a NameNode keeps them, in memory. */
export class TestingNamespace {
  private readonly entries = new Map<string, Entry>([['/', directory('755')]]);

  /** Paths of all files, sorted. */
  files(): string[] {
    return [...this.entries].flatMap(([path, entry]) => (entry.data ? [path] : [])).sort();
  }

  content(path: string): string | undefined {
    return this.entries.get(path)?.data?.toString();
  }

  stat(path: string, pathSuffix = ''): object {
    const { data, permission, modificationTime } = this.entry(path);
    const type = data ? 'FILE' : 'DIRECTORY';
    return { pathSuffix, type, length: data?.length ?? 0, modificationTime, owner: 'alice', permission };
  }

  list(path: string): object[] {
    this.checkTraverse(path, 'AccessControlException');
    if (this.entry(path).data) return [this.stat(path)];
    return this.children(path).map(child => this.stat(child, child.slice(child.lastIndexOf('/') + 1)));
  }

  mkdirs(path: string, permission: string): void {
    const there = this.entries.get(path);
    if (there?.data) throw new Refusal(403, 'FileAlreadyExistsException', `Path is not a directory: ${path}`);
    if (there) return;
    this.checkTraverse(path, 'ParentNotDirectoryException');
    this.mkdirs(parentOf(path), permission);
    this.entries.set(path, directory(permission));
  }

  checkRedirect(op: string, path: string, offset: number): void {
    if (op === 'CREATE') {
      this.checkTraverse(path, 'ParentNotDirectoryException');
      return;
    }
    const { data } = this.entry(path);
    if (op === 'OPEN' && data && data.length > 0 && offset >= data.length) {
      const message = `Offset=${offset} out of the range [0, ${data.length}); OPEN, path=${path}`;
      throw new Refusal(403, 'IOException', message);
    }
    if (op === 'OPEN' && !data) throw new Refusal(404, 'FileNotFoundException', `Path is not a file: ${path}\n\tat X`);
  }

  write(path: string, data: Buffer, permission: string): void {
    this.mkdirs(parentOf(path), '755');
    this.entries.set(path, { data, permission, modificationTime: Date.now() });
  }

  append(path: string, data: Buffer): void {
    const entry = this.entry(path);
    if (!entry.data) throw new Refusal(403, 'FileAlreadyExistsException', `Cannot append to directory ${path}`);
    this.write(path, Buffer.concat([entry.data, data]), entry.permission);
  }

  read(path: string, offset: number, length: number): Buffer {
    const data = this.entry(path).data ?? Buffer.alloc(0);
    if (offset > data.length) throw new Refusal(403, 'EOFException', 'Cannot seek after EOF');
    return data.subarray(offset, offset + length);
  }

  rename(from: string, to: string, overwrite: boolean): void {
    const source = this.entries.get(from);
    if (!source) throw new Refusal(404, 'FileNotFoundException', `rename source ${from} is not found.`);
    const target = this.entries.get(to);
    if (target && !target.data !== !source.data) {
      throw new Refusal(403, 'IOException', `Source ${from} and destination ${to} must both be directories`);
    }
    if (target && !overwrite) throw new Refusal(403, 'FileAlreadyExistsException', `rename destination ${to} exists`);
    if (target && this.children(to).length > 0) {
      throw new Refusal(403, 'IOException', `rename destination directory is not empty: ${to}`);
    }
    if (!this.entries.has(parentOf(to))) {
      throw new Refusal(404, 'FileNotFoundException', `rename destination parent ${to} not found.`);
    }
    for (const path of [...this.entries.keys()]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.entries.set(to + path.slice(from.length), this.entries.get(path)!);
      this.entries.delete(path);
    }
  }

  delete(path: string, recursive: boolean): boolean {
    this.checkTraverse(path, 'AccessControlException');
    if (path === '/' || !this.entries.has(path)) return false;
    if (!recursive && this.children(path).length > 0) {
      throw new Refusal(403, 'PathIsNotEmptyDirectoryException', `\`${path} is non empty': Directory is not empty`);
    }
    for (const below of [...this.entries.keys()]) {
      if (below === path || below.startsWith(`${path}/`)) this.entries.delete(below);
    }
    return true;
  }

  private entry(path: string): Entry {
    const entry = this.entries.get(path);
    if (!entry) throw new Refusal(404, 'FileNotFoundException', `File does not exist: ${path}`);
    return entry;
  }

  private children(path: string): string[] {
    return [...this.entries.keys()].filter(one => one !== '/' && parentOf(one) === path).sort();
  }

  private checkTraverse(path: string, exception: string): void {
    for (let parent = parentOf(path); parent !== '/'; parent = parentOf(parent)) {
      if (this.entries.get(parent)?.data) throw new Refusal(403, exception, `${parent} (is not a directory)`);
    }
  }
}

function directory(permission: string): Entry {
  return { data: undefined, permission, modificationTime: Date.now() };
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
