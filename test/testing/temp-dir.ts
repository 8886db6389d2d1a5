import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];
// Also of a run that is interrupted.
process.once('exit', removeTempDirs);

/** A fresh directory that the root hook removes after the test (or after the suite, when made in a `before`). */
export function tempDir(prefix = 'millrace-test-'): string {
  const dir = mkdtempSync(join(tmpdir(), prefix));
  made.push(dir);
  return dir;
}

export function removeTempDirs(): void {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
}
