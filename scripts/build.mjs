#!/usr/bin/env node
// Builds dist/: one file per role (ESM, source map beside it), and the archive that is shipped to containers.
//   node scripts/build.mjs [--if-missing]
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import * as tar from 'tar';
import { axiosWithoutFetch } from './axios-without-fetch.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

if (process.argv.includes('--if-missing') && existsSync(join(dist, 'runtime.tgz'))) process.exit(0);

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  sourcemap: 'linked',
  sourcesContent: false,
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: 'warning',
  define: {
    MILLRACE_VERSION: JSON.stringify(version),
    // Its native part does not travel; looking for it costs each thread milliseconds.
    'process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED': '"true"',
    // Reserves address space, which YARN's check of virtual memory counts; protobufjs's long does without it as well.
    WebAssembly: 'undefined',
  },
  // CommonJS dependencies inside an ESM file still call require for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  plugins: [axiosWithoutFetch],
  tsconfigRaw: { compilerOptions: { target: 'ES2023', useDefineForClassFields: true } },
  alias: {
    millrace: './api/index.ts',
    // A CommonJS file of webhdfs's that is no strict code; nothing of ours reaches it.
    'buffer-stream-reader': './yarn-bridge/hdfs/unused-buffer-stream-reader.ts',
    // Of axios and webhdfs, for HTML forms: it brings the table of all MIME types along, with every command's first request.
    'form-data': './yarn-bridge/http/unused-form-data.ts',
  },
};

/** What containers need: the role files, no client. Names are those that `ps` shows. */
const runtimeEntries = {
  applicationmaster: 'applicationmaster/entrypoint/main.ts',
  taskmanager: 'taskmanager/entrypoint/main.ts',
  'slot-worker': 'taskmanager/slots/worker.ts',
};

const staging = `${dist}.building-${process.pid}`;
/** The compiler of types, which minds no SIGINT, leads a process group of its own. */
let compiler;
// However it ends, nothing half-built is left beside dist/.
process.on('exit', () => {
  try {
    if (compiler?.exitCode === null) process.kill(-compiler.pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
  // What was killed may write for a moment more.
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (const deadline = Date.now() + 5000; existsSync(staging) && Date.now() < deadline; ) {
    try {
      rmSync(staging, { recursive: true, force: true });
    } catch {}
    Atomics.wait(pause, 0, 0, 50);
  }
});
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])
  process.on(signal, () => process.exit(code));
// Ctrl-C ends esbuild's process too, which may be noticed before the signal is.
const endIfInterrupted = error => {
  if (/service (was stopped|is no longer running)/.test(error?.message)) process.exit(130);
};
process.on('uncaughtException', error => {
  endIfInterrupted(error);
  console.error(error);
  process.exit(1);
});

mkdirSync(staging, { recursive: true });

/** Node itself travels too, named by its hash: known here, every session starts a tenth of a second sooner. */
function hashOfThisNode() {
  const path = process.execPath;
  const { size, mtimeMs } = statSync(path);
  return { path, size, mtimeMs, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') };
}

/** The API's declarations: what an author's compiler and editor read. */
async function writeTypes(outDir) {
  const tsc = join(dirname(fileURLToPath(import.meta.resolve('typescript/package.json'))), 'bin/tsc');
  const args = [tsc, '-p', join(root, 'tsconfig.types.json'), '--outDir', outDir];
  compiler = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const [report, [code]] = await Promise.all([text(compiler.stdout), once(compiler, 'exit')]);
  if (code !== 0) throw new Error(`The API's types can't be built:\n${report}`);
}

try {
  await Promise.all([
    build({
      ...shared,
      // What a role loads lazily must not lie in each of its threads' memory: shared and lazy parts are files of their own.
      entryPoints: runtimeEntries,
      outdir: join(staging, 'runtime'),
      splitting: true,
    }),
    build({
      ...shared,
      // The client's verbs are imported lazily: shared chunks keep `flink --help` from loading what `run` needs.
      entryPoints: {
        flink: 'client/cli/flink.ts',
        'yarn-session': 'client/cli/yarn-session.ts',
        'standalone-cluster': 'client/cli/standalone-cluster.ts',
      },
      outdir: join(staging, 'client'),
      splitting: true,
      external: ['esbuild'],
    }),
    build({
      ...shared,
      entryPoints: { 'mini-hadoop': 'yarn-bridge/mini/main.ts' },
      outdir: join(staging, 'mini'),
    }),
    build({
      ...shared,
      // The API loads the local cluster when a program first needs it; both must have the same classes.
      entryPoints: { millrace: 'api/index.ts', minicluster: 'minicluster/index.ts' },
      outdir: join(staging, 'lib'),
      splitting: true,
    }),
    writeTypes(join(staging, 'types')),
  ]);
  const runtime = join(staging, 'runtime');
  writeFileSync(
    join(runtime, 'package.json'),
    `${JSON.stringify({ name: 'millrace-runtime', version, type: 'module' })}\n`,
  );
  // A fixed order and fixed times: the archive's hash names it in the cache, so equal input must give equal bytes.
  const names = readdirSync(runtime).sort();
  for (const n of names) utimesSync(join(runtime, n), 0, 0);
  await tar.create(
    { cwd: runtime, file: join(staging, 'runtime.tgz'), gzip: true, portable: true, mtime: new Date(0) },
    names,
  );
  const hash = createHash('sha256')
    .update(readFileSync(join(staging, 'runtime.tgz')))
    .digest('hex');
  writeFileSync(join(staging, 'runtime.tgz.sha256'), `${hash}\n`);
  writeFileSync(join(staging, 'node.json'), `${JSON.stringify(hashOfThisNode())}\n`);
  writeFileSync(join(staging, 'millrace.js'), "export * from './lib/millrace.js';\n");
  cpSync(join(root, 'conf'), join(staging, 'conf'), { recursive: true });
  rmSync(dist, { recursive: true, force: true });
  renameSync(staging, dist);
} catch (error) {
  endIfInterrupted(error);
  throw error;
}
