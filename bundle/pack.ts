import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import type { Message, Plugin } from 'esbuild';
import { MillraceError, messageOf } from '../core/errors.js';
import { VERSION } from '../core/version.js';

export interface PackedBundle {
  /** As the user named it, without its folder. */
  name: string;
  sha256: string;
  /** One ES module with an inline source map; `millrace` in it is the platform's own copy. */
  code: Uint8Array;
}

const SOURCES = new Set(['.js', '.mjs', '.cjs', '.ts', '.mts']);

/**
 * Makes one self-contained module of a program: .js, .mjs, .cjs, .ts, .mts, or a .tgz with a package.json.
 * Throws INVALID_PROGRAM, or VERSION_MISMATCH if it asks for another version of the platform.
 */
export async function packBundle(file: string): Promise<PackedBundle> {
  const path = resolve(file);
  refuseWhatIsNoProgram(path, file);
  if (/\.(tgz|tar\.gz)$/.test(path)) return packArchive(path, file);
  const code = await bundle(path);
  return packed(file, code);
}

function packed(file: string, code: Uint8Array): PackedBundle {
  return { name: basename(file), sha256: createHash('sha256').update(code).digest('hex'), code };
}

function refuseWhatIsNoProgram(path: string, file: string): void {
  if (!existsSync(path)) {
    throw new MillraceError('INVALID_PROGRAM', `Could not get job bundle: file does not exist: ${file}`);
  }
  if (statSync(path).isDirectory()) {
    throw new MillraceError('INVALID_PROGRAM', `${file} is a folder: name the program's file, or pack it as a .tgz`);
  }
  const content = readFileSync(path);
  const isZip = content.subarray(0, 4).equals(Buffer.from('504b0304', 'hex'));
  if (isZip || /\.(jar|class|war)$/i.test(path) || content.subarray(0, 4).equals(Buffer.from('cafebabe', 'hex'))) {
    throw new MillraceError(
      'INVALID_PROGRAM',
      `${file} is a Java archive: Millrace runs JavaScript and TypeScript programs (.js, .mjs, .ts, .tgz), it has no JVM`,
    );
  }
  if (content.length === 0) throw new MillraceError('INVALID_PROGRAM', `${file} is empty`);
  if (!SOURCES.has(extname(path)) && !/\.(tgz|tar\.gz)$/.test(path)) {
    throw new MillraceError('INVALID_PROGRAM', `${file} is no program: expected a .js, .mjs, .cjs, .ts or .tgz file`);
  }
}

async function packArchive(path: string, file: string): Promise<PackedBundle> {
  const tar = await import('tar');
  const dir = mkdtempSync(join(tmpdir(), 'millrace-bundle-'));
  try {
    try {
      await tar.extract({ file: path, cwd: dir, strict: true });
    } catch (error) {
      throw new MillraceError('INVALID_PROGRAM', `${file} can't be unpacked: ${messageOf(error)}`);
    }
    // npm pack puts everything below `package/`.
    const root = ['.', 'package'].map(d => join(dir, d)).find(d => existsSync(join(d, 'package.json')));
    if (!root) throw new MillraceError('INVALID_PROGRAM', `${file} has no package.json`);
    const manifest = readManifest(join(root, 'package.json'), file);
    const main = join(root, manifest.main ?? 'index.js');
    if (!main.startsWith(root + sep) || !existsSync(main)) {
      throw new MillraceError(
        'INVALID_PROGRAM',
        `${file}: its package.json names "${manifest.main ?? 'index.js'}" as main, which is not in it`,
      );
    }
    return packed(file, await bundle(main, file));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Manifest {
  main?: string;
  wanted?: string;
}

function readManifest(path: string, file: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new MillraceError('INVALID_PROGRAM', `${file}: its package.json can't be read: ${messageOf(error)}`);
  }
  const fields = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  const exported = fields['exports'];
  const main =
    typeof fields['main'] === 'string' ? fields['main'] : typeof exported === 'string' ? exported : undefined;
  let wanted: string | undefined;
  for (const kind of ['dependencies', 'peerDependencies', 'devDependencies']) {
    const range = (fields[kind] as Record<string, unknown> | undefined)?.['millrace'];
    if (typeof range === 'string') wanted ??= range;
  }
  return { ...(main !== undefined && { main }), ...(wanted !== undefined && { wanted }) };
}

/** Looks at the package.json nearest above the program: a range that excludes this version is refused. */
function refuseOtherVersion(path: string, archive?: string): void {
  for (let dir = dirname(path); ; dir = dirname(dir)) {
    const file = join(dir, 'package.json');
    if (existsSync(file)) {
      const { wanted } = readManifest(file, path);
      if (wanted !== undefined && !accepts(wanted, VERSION)) {
        throw new MillraceError(
          'VERSION_MISMATCH',
          `${basename(archive ?? path)} was made for millrace ${wanted} (${archive === undefined ? file : 'its package.json'}), this is Millrace ${VERSION}: use a client of that version, or change the dependency`,
        );
      }
      return;
    }
    if (dirname(dir) === dir) return;
  }
}

/** Whether a plain npm range takes the version. What is not `1.2.3`, `^1.2.3`, `~1.2.3` or `>=1.2.3` is not judged. */
function accepts(range: string, version: string): boolean {
  const match = /^\s*(\^|~|>=|=)?\s*v?(\d+)\.(\d+)\.(\d+)\s*$/.exec(range);
  if (!match) return true;
  const [major, minor, patch] = version.split(/[.-]/).map(Number) as [number, number, number];
  const [wantedMajor, wantedMinor, wantedPatch] = match.slice(2, 5).map(Number) as [number, number, number];
  const atLeast =
    major !== wantedMajor ? major > wantedMajor : minor !== wantedMinor ? minor > wantedMinor : patch >= wantedPatch;
  switch (match[1]) {
    case '>=':
      return atLeast;
    case '^':
      return atLeast && major === wantedMajor && (wantedMajor > 0 || minor === wantedMinor);
    case '~':
      return atLeast && major === wantedMajor && minor === wantedMinor;
    default:
      return major === wantedMajor && minor === wantedMinor && patch === wantedPatch;
  }
}

/**
 * `millrace` becomes a look at a global that the platform sets: the bundle gets the platform's own copy wherever the
 * file lies and whatever a tsconfig.json maps the name to.
 */
const platformApi: Plugin = {
  name: 'millrace',
  setup(build) {
    build.onResolve({ filter: /^millrace(\/|$)/ }, args => {
      if (args.path === 'millrace') return { path: 'millrace', namespace: 'millrace-platform' };
      return { errors: [{ text: `"${args.path}" is no public module: import from "millrace"` }] };
    });
    build.onLoad({ filter: /.*/, namespace: 'millrace-platform' }, () => ({
      contents: "module.exports = globalThis[Symbol.for('millrace.api')];",
      loader: 'js',
    }));
  },
};

/** `archive`: what the user named, where the entry lies in a temporary folder. */
async function bundle(entry: string, archive?: string): Promise<Uint8Array> {
  refuseOtherVersion(entry, archive);
  const esbuild = await import('esbuild');
  try {
    const result = await esbuild.build({
      entryPoints: [entry],
      absWorkingDir: dirname(entry),
      bundle: true,
      write: false,
      platform: 'node',
      target: 'node20.19',
      format: 'esm',
      sourcemap: 'inline',
      sourcesContent: false,
      sourceRoot: `${dirname(entry)}/`,
      outfile: 'job.mjs',
      keepNames: true,
      logLevel: 'silent',
      plugins: [platformApi],
      // CommonJS packages look at them when they are loaded.
      define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
      banner: {
        js: "import { createRequire as __millraceRequire } from 'node:module'; const require = __millraceRequire(import.meta.url);",
      },
    });
    return result.outputFiles[0]!.contents;
  } catch (error) {
    const errors = (error as { errors?: Message[] }).errors;
    if (!errors?.length) throw error;
    const lines = errors.slice(0, 5).map(e => {
      const at = e.location && `${e.location.file}:${e.location.line}:${e.location.column + 1}: `;
      return `${at ?? ''}${e.text}`;
    });
    throw new MillraceError('INVALID_PROGRAM', lines.join('\n'));
  }
}
