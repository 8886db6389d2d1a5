import { readdirSync, readlinkSync } from 'node:fs';

/** Files of a folder that this process holds open, also those that have no name any more. Linux only: else undefined. */
export function filesHeld(folder: string): number | undefined {
  if (process.platform !== 'linux') return undefined;
  let held = 0;
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)) held++;
    } catch {
      // The descriptor of the listing itself is gone.
    }
  }
  return held;
}
