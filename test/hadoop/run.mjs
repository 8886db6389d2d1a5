// Runs the conformance suite and Hadoop's Java tools on the embedded Hadoop and on a real one, and compares the names of
// the tests that passed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
const missing = ['java', 'mvn'].filter(command => !folders.some(folder => existsSync(join(folder, command))));
if (missing.length > 0) {
  console.error(
    `${missing.join(' and ')}: not on the PATH, and needed for Apache Hadoop (on Debian: apt-get install maven)`,
  );
  process.exit(1);
}

const dir = mkdtempSync(join(tmpdir(), 'millrace-conformance-'));
const patterns = process.argv.slice(2);
/** Mocha's exit code after Ctrl-C. */
const INTERRUPTED = 130;

// What is below cleans up; the tests themselves are interrupted by the same signal.
process.once('SIGINT', () => {});

function run(hadoop, ...options) {
  const names = join(dir, `${hadoop}.txt`);
  const { status, signal } = spawnSync(
    process.execPath,
    [
      ...['node_modules/mocha/bin/mocha.js', '--reporter', 'test/testing/names-reporter.cjs'],
      ...['--reporter-option', `file=${names}`, '--timeout', '120000'],
      ...options,
      ...(patterns.length > 0 ? patterns : ['test/conformance/**/*.test.ts', 'test/java-tools/**/*.test.ts']),
    ],
    { stdio: 'inherit', env: { ...process.env, MILLRACE_TEST_HADOOP: hadoop } },
  );
  if (signal !== null || status === INTERRUPTED) throw new Error('interrupted');
  return { status, names: readFileSync(names, 'utf8').split('\n').filter(Boolean).sort() };
}

try {
  console.log('== conformance on Apache Hadoop');
  const real = run('real');
  console.log('== conformance on the embedded Hadoop');
  // Each file has a cluster of its own; two real ones at a time would be too much for a small machine.
  const embedded = run('embedded', '--parallel', '--jobs', '2');
  const only = (a, b) => a.filter(n => !b.includes(n));
  const differences = [
    ...only(real.names, embedded.names).map(n => `passed only on Apache Hadoop: ${n}`),
    ...only(embedded.names, real.names).map(n => `passed only on the embedded Hadoop: ${n}`),
  ];
  for (const d of differences) console.log(d);
  console.log(differences.length === 0 ? `both passed the same ${real.names.length} tests` : 'the two lists differ');
  process.exitCode = real.status === 0 && embedded.status === 0 && differences.length === 0 ? 0 : 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = error.message === 'interrupted' ? INTERRUPTED : 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
