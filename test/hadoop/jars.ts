import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const VERSION = process.env['HADOOP_VERSION'] ?? '3.4.2';

/** Folder of Hadoop's jars, resolved by Maven on first use (about 90 MB) and kept under node_modules/.cache. */
export async function hadoopJars(): Promise<string> {
  const lib = join(here, '../../node_modules/.cache/hadoop', VERSION);
  if (existsSync(lib)) return lib;
  const partial = `${lib}.${process.pid}`;
  mkdirSync(dirname(lib), { recursive: true });
  try {
    await promisify(execFile)(
      'mvn',
      [
        ...['-B', '-q', '-f', join(here, 'pom.xml'), `-Dhadoop.version=${VERSION}`],
        ...['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`],
      ],
      { timeout: 300_000, maxBuffer: 1 << 24 },
    );
    renameSync(partial, lib);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return lib;
}
