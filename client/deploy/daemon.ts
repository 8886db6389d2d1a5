import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A process of ours that outlives the command that started it. */
export interface Daemon {
  pid: number;
  /** When it started, in the kernel's ticks: pids are used again. Empty where there is no /proc. */
  started: string;
}

export interface DaemonLaunch {
  /** Role file, e.g. dist/runtime/taskmanager.js. */
  script: string;
  /** Flags for Node. */
  nodeOptions: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Files that its standard output and error are appended to. */
  out: string;
  err: string;
}

/** Starts a process in a session of its own that holds none of the caller's descriptors. */
export async function startDaemon({ script, nodeOptions, env, cwd, out, err }: DaemonLaunch): Promise<Daemon> {
  const stdout = openSync(out, 'a', 0o600);
  const stderr = openSync(err, 'a', 0o600);
  try {
    const child = spawn(process.execPath, [...nodeOptions, script], {
      cwd,
      env: { ...env },
      detached: true,
      stdio: ['ignore', stdout, stderr],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const pid = child.pid!;
    return { pid, started: startOf(pid) ?? '' };
  } finally {
    closeSync(stdout);
    closeSync(stderr);
  }
}

/** True while the process runs; one that has ended and waits for its parent does not. */
export function isRunning({ pid, started }: Daemon): boolean {
  const now = startOf(pid);
  if (now !== undefined) return now === started;
  if (started !== '') return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Asks the process to end, waits, and ends it by force after `graceMs`. False if it had ended before. */
export async function stopDaemon(daemon: Daemon, graceMs: number): Promise<boolean> {
  if (!isRunning(daemon)) return false;
  const deadline = Date.now() + graceMs;
  let signal: NodeJS.Signals = 'SIGTERM';
  send(daemon, signal);
  while (isRunning(daemon)) {
    if (Date.now() > deadline && signal === 'SIGTERM') {
      signal = 'SIGKILL';
      send(daemon, signal);
    }
    await delay(20);
  }
  return true;
}

function send({ pid }: Daemon, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in this moment.
  }
}

/** Field 22 of /proc/<pid>/stat; undefined for a process that is not there, or only its exit status is. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
