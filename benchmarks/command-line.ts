import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../test/testing/command.js';
import type { ClusterUnderTest } from './job-run.js';

/** Runs a command to its end and gives its milliseconds. Rejects with its output if it fails. */
export async function timedCommand({ flink, env }: ClusterUnderTest, args: readonly string[]): Promise<number> {
  const run = await runCommand(flink, [...args], { env, timeoutMs: 120_000 });
  if (run.code !== 0) throw new Error(`${flink} ${args.join(' ')}: code ${run.code}\n${run.stdout}${run.stderr}`);
  return run.ms;
}

/** What a command of ours loads of the build. */
export async function loadedFiles(
  { flink, env }: ClusterUnderTest,
  args: readonly string[],
): Promise<{ files: number; kilobytes: number }> {
  const dist = fileURLToPath(new URL('../dist/', import.meta.url));
  const dir = mkdtempSync(join(tmpdir(), 'millrace-bench-loaded-'));
  try {
    // V8 writes down every script that it has seen, called or not.
    await timedCommand({ flink, env: { ...env, NODE_V8_COVERAGE: dir }, rest: '', taskManagers: [] }, args);
    const scripts = readdirSync(dir).flatMap(name => {
      const { result } = JSON.parse(readFileSync(join(dir, name), 'utf8')) as { result: Array<{ url: string }> };
      return result.map(({ url }) => (url.startsWith('file:') ? fileURLToPath(url) : ''));
    });
    const ours = [...new Set(scripts)].filter(file => file.startsWith(dist) && !file.includes(`${sep}types${sep}`));
    const bytes = ours.reduce((sum, file) => sum + statSync(file).size, 0);
    return { files: ours.length, kilobytes: bytes / 1000 };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
