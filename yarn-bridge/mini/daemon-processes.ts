import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../../core/errors.js';
import { DAEMON_VARIABLE, layout } from './layout.js';

const START_TIMEOUT_MS = 30_000;
/** An orderly end of a daemon; SIGKILL after it. */
const END_TIMEOUT_MS = 8000;
const KILL_TIMEOUT_MS = 3000;
const LOG_LINES = 15;

/** The daemons of one embedded Hadoop as processes: started, watched and ended by any later process that knows the folder. */
export class DaemonProcesses {
  constructor(private readonly dir: string) {}

  launch(name: string): void {
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

  async ready(name: string, interruption?: AbortSignal): Promise<void> {
    const paths = layout(this.dir);
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!existsSync(paths.readyFile(name))) {
      interruption?.throwIfAborted();
      const ended = this.pidOf(name) === undefined;
      if (ended || Date.now() > deadline) {
        const log = readFileSync(paths.logFile(name), 'utf8').trim().split('\n').slice(-LOG_LINES).join('\n');
        const why = ended ? 'ended while it started' : `was not ready within ${START_TIMEOUT_MS / 1000} s`;
        throw new MillraceError('ILLEGAL_STATE', `${name} ${why}; the end of ${paths.logFile(name)}:\n${log}`);
      }
      await pause(10);
    }
  }

  /** Of the daemon, if it runs. */
  pidOf(name: string): number | undefined {
    const { pidFile, daemonFile } = layout(this.dir);
    let pid: number;
    try {
      pid = Number(readFileSync(pidFile(name), 'utf8'));
    } catch {
      return undefined;
    }
    // The number may have been given to somebody else since: ours was told this very file.
    return Number.isInteger(pid) && pid > 0 && hasVariable(pid, v => v === `${DAEMON_VARIABLE}=${daemonFile(name)}`)
      ? pid
      : undefined;
  }

  /** Resolves when it is gone. One that does not go in time is killed. */
  async end(name: string, how: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const pid = this.pidOf(name);
    if (pid !== undefined) {
      signal(pid, how);
      const deadline = Date.now() + END_TIMEOUT_MS;
      while (this.pidOf(name) === pid) {
        if (Date.now() > deadline) signal(pid, 'SIGKILL');
        await pause(10);
      }
    }
    rmSync(layout(this.dir).pidFile(name), { force: true });
    rmSync(layout(this.dir).readyFile(name), { force: true });
  }

  /** Ends what still runs in containers of this Hadoop, also where its NodeManager can't do it any more. */
  async sweepContainers(): Promise<void> {
    const mark = `LOCAL_DIRS=${join(this.dir, 'nm')}/`;
    const deadline = Date.now() + KILL_TIMEOUT_MS;
    for (;;) {
      const left = processes().filter(pid => hasVariable(pid, v => v.startsWith(mark)));
      if (left.length === 0) return;
      if (Date.now() > deadline) {
        throw new MillraceError('ILLEGAL_STATE', `processes of containers do not end: ${left.join(', ')}`);
      }
      for (const pid of left) signal(pid, 'SIGKILL');
      await pause(10);
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

const processes = (): number[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number);

/** False for a process that has ended, also if nobody has asked for its exit code yet. */
function hasVariable(pid: number, test: (variable: string) => boolean): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').some(test);
  } catch {
    return false;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it ended by itself
  }
}

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));
