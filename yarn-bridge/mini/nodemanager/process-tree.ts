import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessUsage {
  pid: number;
  parent: number;
  group: number;
  name: string;
  /** Milliseconds. */
  userTime: number;
  systemTime: number;
  /** Bytes. */
  rss: number;
  virtual: number;
}

const PAGE = 4096;
const TICK_MS = 10;

/** All processes of a session (containers run in one of their own), from /proc. */
export function processesOf(session: number): ProcessUsage[] {
  const found: ProcessUsage[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1');
      const nameEnd = stat.lastIndexOf(')');
      const fields = stat.slice(nameEnd + 2).split(' ');
      const field = (index: number): number => Number(fields[index]);
      if (field(3) !== session) continue;
      found.push({
        pid: Number(entry),
        parent: field(1),
        group: field(2),
        name: stat.slice(stat.indexOf('(') + 1, nameEnd),
        userTime: field(11) * TICK_MS,
        systemTime: field(12) * TICK_MS,
        virtual: field(20),
        rss: field(21) * PAGE,
      });
    } catch {
      // it ended meanwhile
    }
  }
  return found;
}

/** Its lines in the diagnostics of a container that was killed for memory. */
export function describeProcesses(session: number, processes: readonly ProcessUsage[]): string {
  const titles =
    'PID PPID PGRPID SESSID CMD_NAME USER_MODE_TIME(MILLIS) SYSTEM_TIME(MILLIS) VMEM_USAGE(BYTES) RSSMEM_USAGE(PAGES) FULL_CMD_LINE';
  const lines = processes.map(({ pid, parent, group, name, userTime, systemTime, virtual, rss }) => {
    const numbers = [userTime, systemTime, virtual, rss / PAGE].join(' ');
    return `\t|- ${pid} ${parent} ${group} ${session} (${name}) ${numbers} ${commandLine(pid)}\n`;
  });
  return `\t|- ${titles}\n${lines.join('')}`;
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
