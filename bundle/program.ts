import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as api from '../api/index.js';
import { MillraceError, messageOf } from '../core/errors.js';
import { newRecording, Sandbox } from './sandbox.js';

/** A program's entry: call it with the arguments behind the bundle. */
export interface Program {
  entryName: string;
  main(args: string[]): unknown;
}

/** Makes `import … from 'millrace'` in packed bundles find this copy of the API. */
export function publishApi(): void {
  (globalThis as { [k: symbol]: unknown })[Symbol.for('millrace.api')] = api;
}

/** Loads a packed bundle from its bytes. The module is evaluated anew by every call, in `sandbox`. */
export async function loadProgram(
  code: Uint8Array,
  entry: string | undefined,
  name = 'bundle',
  sandbox = new Sandbox(newRecording(), 'record'),
): Promise<Program> {
  const file = join(tmpdir(), `millrace-${randomUUID()}.mjs`);
  writeFileSync(file, code, { mode: 0o600 });
  try {
    return await loadProgramFile(file, entry, name, sandbox);
  } finally {
    rmSync(file, { force: true });
  }
}

let imports = 0;

export async function loadProgramFile(
  file: string,
  entry: string | undefined,
  name: string,
  sandbox: Sandbox,
): Promise<Program> {
  publishApi();
  // Author's errors are to name the author's lines; the map is inside the bundle.
  process.setSourceMapsEnabled(true);
  let module: Record<string, unknown>;
  try {
    // The query makes each import a module of its own: module-level state is not shared between subtasks.
    const url = `${pathToFileURL(file).href}?${imports++}`;
    sandbox.module = { file: resolve(file), source: readFileSync(file) };
    module = await sandbox.run(async () => (await import(url)) as Record<string, unknown>);
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw new MillraceError('INVALID_PROGRAM', `${name} can't be loaded: ${messageOf(error)}`, { cause: error });
  } finally {
    sandbox.module = undefined;
  }
  return findEntry(exportsOf(module), entry, name);
}

/** A CommonJS program has become the default export of its bundle, with what it exports as properties. */
function exportsOf(module: Record<string, unknown>): Record<string, unknown> {
  const { default: only, ...others } = module;
  const isHolder = typeof only === 'object' && only !== null && typeof (only as { main?: unknown }).main !== 'function';
  return isHolder && Object.keys(others).length === 0 ? (only as Record<string, unknown>) : module;
}

function findEntry(module: Record<string, unknown>, entry: string | undefined, name: string): Program {
  const programs = programsOf(module);
  if (entry !== undefined) {
    const found = resolveEntry(module, entry);
    if (found) return found;
    throw new MillraceError(
      'INVALID_PROGRAM',
      `The program's entry point class '${entry}' was not found in the jar file. ${listOf(programs, name)}`,
    );
  }
  const fallback = module['default'] === undefined ? undefined : programOf('default', module['default']);
  if (fallback) return fallback;
  if (programs.length === 1) return programs[0]!;
  throw new MillraceError(
    'INVALID_PROGRAM',
    programs.length === 0
      ? `${name} exports no program: export a class with a static main(args), or a function`
      : `${name} exports several programs: choose one with -c. ${listOf(programs, name)}`,
  );
}

const listOf = (programs: Program[], name: string): string =>
  programs.length === 0
    ? `${name} exports no program.`
    : `${name} exports ${programs.map(p => p.entryName).join(', ')}.`;

/** `C`, nested `a.b.C`, or the last part of a Java-like name that is exported as it is. */
function resolveEntry(module: Record<string, unknown>, entry: string): Program | undefined {
  let value: unknown = module;
  for (const part of entry.split('.')) {
    const holder = value as Record<string, unknown> | null | undefined;
    const usable = (typeof holder === 'object' && holder !== null) || typeof holder === 'function';
    value = usable && Object.hasOwn(holder as object, part) ? (holder as Record<string, unknown>)[part] : undefined;
  }
  const last = entry.slice(entry.lastIndexOf('.') + 1);
  return programOf(entry, value) ?? (Object.hasOwn(module, last) ? programOf(last, module[last]) : undefined);
}

function programsOf(module: Record<string, unknown>): Program[] {
  return Object.keys(module).flatMap(key => programOf(key, module[key]) ?? []);
}

function programOf(entryName: string, value: unknown): Program | undefined {
  if ((typeof value !== 'function' && typeof value !== 'object') || value === null) return undefined;
  const main = (value as { main?: unknown }).main;
  if (typeof main === 'function') return { entryName, main: args => (main as Program['main']).call(value, args) };
  const isClass = typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
  if (typeof value !== 'function' || isClass) return undefined;
  return { entryName, main: args => (value as Program['main'])(args) };
}
