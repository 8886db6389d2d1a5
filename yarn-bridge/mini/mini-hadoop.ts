import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../../core/errors.js';
import { formatSiteXml, hadoopUser } from '../conf/index.js';
import { DAEMON_VARIABLE, type DaemonSettings, layout } from './layout.js';

export interface MiniHadoopOptions {
  /** Everything of this Hadoop lies below it. */
  dir: string;
  /** NodeManagers. Default 1. */
  nodes?: number;
  /** Per node; also the largest container. Defaults 8192 and 8. */
  memoryMb?: number;
  vcores?: number;
  /** Keys of yarn-site.xml over the usual ones. */
  conf?: Record<string, string>;
}

export interface DaemonStatus {
  name: string;
  pid: number | undefined;
  running: boolean;
}

const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 8000;

/** An embedded Hadoop: NameNode, ResourceManager and NodeManagers, a process each, under one folder. */
export class MiniHadoop {
  private constructor(readonly dir: string) {}

  readonly env = { HADOOP_CONF_DIR: '' };

  /** Resolves when all daemons are ready. ILLEGAL_STATE if one runs there already; nothing is left when it fails. */
  static async start(options: MiniHadoopOptions): Promise<MiniHadoop> {
    const hadoop = MiniHadoop.at(options.dir);
    const running = hadoop.status().filter(d => d.running);
    if (running.length > 0) {
      throw new MillraceError(
        'ILLEGAL_STATE',
        `An embedded Hadoop already runs in ${options.dir} (${running.map(d => `${d.name} ${d.pid}`).join(', ')}): stop it first`,
      );
    }
    const names = await hadoop.write(options);
    try {
      for (const name of names) hadoop.launch(name);
      await Promise.all(names.map(name => hadoop.ready(name)));
    } catch (error) {
      await hadoop.stop();
      throw error;
    }
    return hadoop;
  }

  static at(dir: string): MiniHadoop {
    const hadoop = new MiniHadoop(dir);
    hadoop.env.HADOOP_CONF_DIR = layout(dir).conf;
    return hadoop;
  }

  status(): DaemonStatus[] {
    const { run } = layout(this.dir);
    if (!existsSync(run)) return [];
    const names = readdirSync(run)
      .filter(f => f.endsWith('.json'))
      .map(f => f.slice(0, -5));
    return names.map(name => {
      const pid = this.pidOf(name);
      return { name, pid, running: pid !== undefined };
    });
  }

  /** SIGKILL. */
  async kill(name: string): Promise<void> {
    const pid = this.pidOf(name);
    if (pid === undefined) return;
    process.kill(pid, 'SIGKILL');
    await this.gone(name, pid);
  }

  /** Starts a daemon that does not run, on its old ports; resolves when it is ready. */
  async start(name: string): Promise<void> {
    if (!existsSync(layout(this.dir).daemonFile(name))) {
      throw new MillraceError(
        'ILLEGAL_ARGUMENT',
        `no daemon "${name}": there are ${this.status()
          .map(d => d.name)
          .join(', ')}`,
      );
    }
    if (this.pidOf(name) !== undefined) return;
    this.launch(name);
    await this.ready(name);
  }

  /** Ends all daemons and containers. */
  async stop(): Promise<void> {
    const running = this.status().filter(d => d.running);
    // NodeManagers first: they end their containers, and tell the ResourceManager.
    for (const part of [
      running.filter(d => d.name.startsWith('nodemanager')),
      running.filter(d => !d.name.startsWith('nodemanager')),
    ]) {
      for (const d of part) signal(d.pid!, 'SIGTERM');
      await Promise.all(part.map(d => this.gone(d.name, d.pid!)));
    }
    for (const pid of containerProcesses(join(this.dir, 'nm'))) signal(pid, 'SIGKILL');
  }

  private async write({ nodes = 1, memoryMb = 8192, vcores = 8, conf = {} }: MiniHadoopOptions): Promise<string[]> {
    const paths = layout(this.dir);
    rmSync(paths.run, { recursive: true, force: true });
    for (const d of [paths.conf, paths.logs, paths.run]) mkdirSync(d, { recursive: true });
    writeFileSync(paths.secretFile, randomBytes(24).toString('hex'), { mode: 0o600 });
    const ports = await freePorts(6 + 2 * nodes);
    const [nameNode, dataNode, webapp, scheduler, client, tracker, ...nodePorts] = ports as [
      number,
      number,
      number,
      number,
      number,
      number,
      ...number[],
    ];
    const user = hadoopUser(process.env);
    const address = (port: number): string => `${HOST}:${port}`;
    const site = (name: string, properties: Record<string, string>): void =>
      writeFileSync(join(paths.conf, name), formatSiteXml(properties));
    site('core-site.xml', {
      'fs.defaultFS': `webhdfs://${address(nameNode)}`,
      'hadoop.tmp.dir': join(this.dir, 'tmp'),
    });
    site('hdfs-site.xml', {
      'dfs.namenode.http-address': address(nameNode),
      'dfs.datanode.http.address': address(dataNode),
      'dfs.webhdfs.enabled': 'true',
      'dfs.replication': '1',
      'dfs.permissions.enabled': 'true',
    });
    site('yarn-site.xml', {
      'yarn.resourcemanager.hostname': HOST,
      'yarn.resourcemanager.address': address(client),
      'yarn.resourcemanager.scheduler.address': address(scheduler),
      'yarn.resourcemanager.resource-tracker.address': address(tracker),
      'yarn.resourcemanager.webapp.address': address(webapp),
      'yarn.scheduler.minimum-allocation-mb': '128',
      'yarn.scheduler.maximum-allocation-mb': String(memoryMb),
      'yarn.scheduler.maximum-allocation-vcores': String(vcores),
      'yarn.scheduler.capacity.root.queues': 'default',
      'yarn.scheduler.capacity.maximum-am-resource-percent': '0.5',
      'yarn.nodemanager.resource.memory-mb': String(memoryMb),
      'yarn.nodemanager.resource.cpu-vcores': String(vcores),
      'yarn.nodemanager.vmem-check-enabled': 'false',
      'yarn.nodemanager.pmem-check-enabled': 'true',
      'yarn.nodemanager.container-monitor.interval-ms': '500',
      'yarn.nm.liveness-monitor.expiry-interval-ms': '10000',
      'yarn.am.liveness-monitor.expiry-interval-ms': '600000',
      ...conf,
    });
    const common = { dir: this.dir, host: HOST };
    const daemons: DaemonSettings[] = [
      { ...common, name: 'namenode', role: 'namenode', port: nameNode, dataNodePort: dataNode, user },
      { ...common, name: 'resourcemanager', role: 'resourcemanager', ports: { webapp, scheduler, client, tracker } },
    ];
    for (let i = 0; i < nodes; i++) {
      const [port, httpPort] = [nodePorts[2 * i]!, nodePorts[2 * i + 1]!];
      const name = `nodemanager${i + 1}`;
      daemons.push({
        ...common,
        name,
        role: 'nodemanager',
        port,
        httpPort,
        memoryMb,
        vcores,
        user,
        tracker: `http://${address(tracker)}`,
      });
    }
    for (const d of daemons) writeFileSync(paths.daemonFile(d.name), JSON.stringify(d, undefined, 2));
    writeFileSync(
      join(this.dir, 'cluster.env'),
      `HADOOP_CONF_DIR=${paths.conf}\nWEBHDFS_URL=http://${address(nameNode)}/webhdfs/v1\nRM_URL=http://${address(webapp)}\n`,
    );
    return daemons.map(d => d.name);
  }

  private launch(name: string): void {
    const paths = layout(this.dir);
    rmSync(paths.readyFile(name), { force: true });
    const log = openSync(paths.logFile(name), 'a');
    const { command, args } = daemonCommand();
    const env = { ...process.env, [DAEMON_VARIABLE]: paths.daemonFile(name) };
    const child = spawn(command, args, { cwd: this.dir, env, stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    child.unref();
    if (child.pid !== undefined) writeFileSync(paths.pidFile(name), String(child.pid));
  }

  private async ready(name: string): Promise<void> {
    const paths = layout(this.dir);
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!existsSync(paths.readyFile(name))) {
      const ended = this.pidOf(name) === undefined;
      if (ended || Date.now() > deadline) {
        const log = readFileSync(paths.logFile(name), 'utf8').trim().split('\n').slice(-15).join('\n');
        const why = ended ? 'ended while it started' : `was not ready within ${START_TIMEOUT_MS / 1000} s`;
        throw new MillraceError('ILLEGAL_STATE', `${name} ${why}; the end of ${paths.logFile(name)}:\n${log}`);
      }
      await pause(15);
    }
  }

  private async gone(name: string, pid: number): Promise<void> {
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    while (isOurs(pid, this.dir)) {
      if (Date.now() > deadline) signal(pid, 'SIGKILL');
      await pause(15);
    }
    rmSync(layout(this.dir).pidFile(name), { force: true });
    rmSync(layout(this.dir).readyFile(name), { force: true });
  }

  private pidOf(name: string): number | undefined {
    try {
      const pid = Number(readFileSync(layout(this.dir).pidFile(name), 'utf8'));
      return isOurs(pid, this.dir) ? pid : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Built: this very file. From source: through tsx, as the tests run. */
function daemonCommand(): { command: string; args: string[] } {
  const here = fileURLToPath(import.meta.url);
  if (here.endsWith('mini-hadoop.js')) return { command: process.execPath, args: [here] };
  const built = join(dirname(here), '../../dist/mini/mini-hadoop.js');
  if (existsSync(built)) return { command: process.execPath, args: [built] };
  return { command: process.execPath, args: ['--import', import.meta.resolve('tsx'), join(dirname(here), 'main.ts')] };
}

/** A pid may have been given to somebody else since: ours has our folder in its environment. */
function isOurs(pid: number, dir: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`${DAEMON_VARIABLE}=${dir}/`);
  } catch {
    return false;
  }
}

function containerProcesses(nodeManagers: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`LOCAL_DIRS=${nodeManagers}/`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it ended by itself
  }
}

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map(s => new Promise<void>(resolve => s.listen(0, HOST, resolve))));
  const ports = servers.map(s => (s.address() as { port: number }).port);
  await Promise.all(servers.map(s => new Promise(resolve => s.close(resolve))));
  return ports;
}
