import { spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { MillraceError } from '../../core/errors.js';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.js';

/** A process of ours that outlives the command that started it. */
export type Daemon = ProcessIdentity;

export interface DaemonLaunch {
  /** Role file, e.g. dist/runtime/taskmanager.js. */
  script: string;
  /** Flags for Node. */
  nodeOptions: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Files for its standard output and error; what an earlier process left there is gone. */
  out: string;
  err: string;
}

/** Starts a process in a session of its own that holds none of the caller's descriptors. */
export async function startDaemon({ script, nodeOptions, env, cwd, out, err }: DaemonLaunch): Promise<Daemon> {
  for (const file of [out, err]) rmSync(file, { force: true });
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
    return identityOf(child.pid!);
  } finally {
    closeSync(stdout);
    closeSync(stderr);
  }
}

/**
 * Asks the process to end, waits, and ends it by force after `graceMs`. False if it had ended before. Throws TIMEOUT for
 * one that even so is still there after the same time.
 */
export async function stopDaemon(daemon: Daemon, graceMs: number): Promise<boolean> {
  if (!isAlive(daemon)) return false;
  let deadline = Date.now() + graceMs;
  let signal: NodeJS.Signals = 'SIGTERM';
  send(daemon, signal);
  while (isAlive(daemon)) {
    if (Date.now() > deadline) {
      if (signal === 'SIGKILL') {
        throw new MillraceError('TIMEOUT', `Process ${daemon.pid} does not end, SIGKILL sent.`, { domain: 'external' });
      }
      signal = 'SIGKILL';
      deadline += graceMs;
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
