import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** A process that can be recognised later: pids are used again. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in the kernel's ticks. Empty where there is no /proc. */
  started: string;
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, started: startOf(pid) ?? '' };
}

/** True while this very process runs; one that has ended and was not waited for counts as gone. */
export function isAlive({ pid, started }: ProcessIdentity): boolean {
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

/** Processes of this user that were started with `variable` in their environment. None where there is no /proc. */
export function startedWith(variable: string): ProcessIdentity[] {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && environmentOf(name).includes(variable))
    .map(name => identityOf(Number(name)));
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    // Somebody else's, or just ended.
    return [];
  }
}

/** Field 22 of /proc/<pid>/stat; undefined if there is no such process. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
