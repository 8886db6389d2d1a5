import { existsSync } from 'node:fs';
import { MillraceError } from '../../core/errors.js';
import { type ClusterShape, daemonNames, writeClusterFiles } from './cluster-files.js';
import { DaemonProcesses } from './daemon-processes.js';
import { layout } from './layout.js';

/** Defaults: 1 NodeManager of 8192 MB and 8 cores. */
export type MiniHadoopOptions = Pick<ClusterShape, 'dir'> &
  Partial<ClusterShape> & {
    /** Gives the start up. */
    signal?: AbortSignal;
  };

export interface DaemonStatus {
  name: string;
  pid: number | undefined;
  running: boolean;
}

const START_ATTEMPTS = 3;
/** Of containers, and so of a node. */
const MINIMUM_MB = 128;

/** An embedded Hadoop: NameNode, ResourceManager and NodeManagers, a process each, under one folder. */
export class MiniHadoop {
  private readonly processes: DaemonProcesses;
  readonly env: { HADOOP_CONF_DIR: string };

  private constructor(readonly dir: string) {
    this.processes = new DaemonProcesses(dir);
    this.env = { HADOOP_CONF_DIR: layout(dir).conf };
  }

  /**
   * Resolves when all daemons are ready. What an earlier one left in the folder is there again: files, applications, and
   * the ports if they are free. ILLEGAL_STATE if one runs there already; nothing runs when it fails.
   */
  static async start({
    dir,
    nodes = 1,
    memoryMb = 8192,
    vcores = 8,
    conf = {},
    signal,
  }: MiniHadoopOptions): Promise<MiniHadoop> {
    const hadoop = MiniHadoop.at(dir);
    const running = hadoop.status().filter(d => d.running);
    if (running.length > 0) {
      throw new MillraceError(
        'ILLEGAL_STATE',
        `An embedded Hadoop already runs in ${dir} (${running.map(d => `${d.name} ${d.pid}`).join(', ')}): stop it first`,
      );
    }
    if (memoryMb < MINIMUM_MB) {
      throw new MillraceError(
        'ILLEGAL_ARGUMENT',
        `a node needs at least ${MINIMUM_MB} MB, the smallest container: ${memoryMb} MB is too little`,
      );
    }
    for (let attempt = 1; ; attempt++) {
      try {
        await hadoop.startOnce({ dir, nodes, memoryMb, vcores, conf }, attempt === 1, signal);
        return hadoop;
      } catch (error) {
        await hadoop.stop();
        // Between the choice of a port and its use somebody else may have taken it.
        if (attempt === START_ATTEMPTS || !String(error).includes('EADDRINUSE')) throw error;
      }
    }
  }

  static at(dir: string): MiniHadoop {
    return new MiniHadoop(dir);
  }

  status(): DaemonStatus[] {
    return daemonNames(this.dir).map(name => {
      const pid = this.processes.pidOf(name);
      return { name, pid, running: pid !== undefined };
    });
  }

  /** SIGKILL. Containers of a killed NodeManager go on, as those of a real one do. */
  async kill(name: string): Promise<void> {
    this.mustExist(name);
    await this.processes.end(name, 'SIGKILL');
  }

  /** Starts a daemon that does not run, on its old ports; resolves when it is ready. */
  async start(name: string): Promise<void> {
    this.mustExist(name);
    if (this.processes.pidOf(name) !== undefined) return;
    this.processes.launch(name);
    await this.processes.ready(name);
  }

  /** Ends all daemons and containers. */
  async stop(): Promise<void> {
    const names = daemonNames(this.dir);
    const isNode = (name: string): boolean => name.startsWith('nodemanager');
    // NodeManagers first: they end their containers, and tell the ResourceManager.
    for (const part of [names.filter(isNode), names.filter(name => !isNode(name))]) {
      await Promise.all(part.map(name => this.processes.end(name, 'SIGTERM')));
    }
    await this.processes.sweepContainers();
  }

  private async startOnce(shape: ClusterShape, keepPorts: boolean, signal?: AbortSignal): Promise<void> {
    await this.processes.sweepContainers();
    let names: string[];
    try {
      names = await writeClusterFiles(shape, keepPorts);
      signal?.throwIfAborted();
      for (const name of names) this.processes.launch(name);
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (code === undefined || syscall === undefined) throw error;
      throw new MillraceError(
        'ILLEGAL_ARGUMENT',
        `An embedded Hadoop can't keep its files in ${this.dir} (${PROBLEMS[code] ?? code}): name another folder with --dir`,
        { cause: error },
      );
    }
    await Promise.all(names.map(name => this.processes.ready(name, signal)));
    signal?.throwIfAborted();
  }

  private mustExist(name: string): void {
    if (existsSync(layout(this.dir).daemonFile(name))) return;
    const names = daemonNames(this.dir);
    const known = names.length > 0 ? `there are ${names.join(', ')}` : `no embedded Hadoop was started in ${this.dir}`;
    throw new MillraceError('ILLEGAL_ARGUMENT', `no daemon "${name}": ${known}`);
  }
}

const PROBLEMS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'it can only be read',
  ENOSPC: 'no space is left',
  ENOENT: 'no folder can be made there',
  ENOTDIR: 'a file stands in its way',
  EEXIST: 'a file stands in its way',
};
