import { readdirSync, readFileSync } from 'node:fs';

export interface TreeUsage {
  pids: number[];
  /** Bytes. */
  rss: number;
  virtual: number;
}

const PAGE = 4096;

/** Memory of all processes of a session (containers run in one of their own), from /proc. */
export function sessionUsage(session: number): TreeUsage {
  const usage: TreeUsage = { pids: [], rss: 0, virtual: 0 };
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(fields[3]) !== session) continue;
      usage.pids.push(Number(name));
      usage.virtual += Number(fields[20]);
      usage.rss += Number(fields[21]) * PAGE;
    } catch {
      // it ended meanwhile
    }
  }
  return usage;
}
