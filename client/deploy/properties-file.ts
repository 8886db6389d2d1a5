import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Configuration, Options } from '../../core/config/index.js';
import { MillraceError } from '../../core/errors.js';

export interface SessionProperties {
  applicationId: string;
  /** -D of the session: they hold for jobs that find it by this file. */
  dynamicProperties: Record<string, string>;
}

/**
 * `.yarn-properties-<user>`: by it a later `flink run` finds the session. Java's properties format, as Flink writes it,
 * so that either tool can read it.
 */
export class PropertiesFile {
  constructor(readonly path: string) {}

  static of(configuration: Configuration, env: Readonly<Record<string, string | undefined>>): PropertiesFile {
    const folder = configuration.get(Options.yarnPropertiesFileLocation) ?? (env['TMPDIR'] || '/tmp');
    return new PropertiesFile(join(folder, `.yarn-properties-${userName(env)}`));
  }

  /** What stands in it; undefined if there is none. A file that can't be used is an error that says to delete it. */
  read(): SessionProperties | undefined {
    if (!existsSync(this.path)) return undefined;
    const uid = process.getuid?.();
    if (uid !== undefined && statSync(this.path).uid !== uid) throw this.unusable('it belongs to another user');
    const properties = parseProperties(readFileSync(this.path, 'latin1'));
    const applicationId = properties.get('applicationID');
    if (applicationId === undefined) throw this.unusable('it has no applicationID');
    if (!/^application_\d+_\d{4,}$/.test(applicationId)) {
      throw this.unusable(`its applicationID '${applicationId}' is no application id`);
    }
    return { applicationId, dynamicProperties: splitDynamic(properties.get('dynamicPropertiesString') ?? '') };
  }

  write({ applicationId, dynamicProperties }: SessionProperties, now = new Date()): void {
    const dynamic = Object.entries(dynamicProperties).map(([key, value]) => `${key}=${value}`);
    const text = [
      '#Generated YARN properties file',
      `#${now.toString()}`,
      `applicationID=${escaped(applicationId)}`,
      `dynamicPropertiesString=${escaped(dynamic.join('@@'))}`,
      '',
    ].join('\n');
    const temporary = `${this.path}.${process.pid}`;
    writeFileSync(temporary, text, { mode: 0o600, encoding: 'latin1' });
    renameSync(temporary, this.path);
  }

  /** Removes the file if it names this application. */
  removeIf(applicationId: string): void {
    let content: SessionProperties | undefined;
    try {
      content = this.read();
    } catch {
      return;
    }
    if (content?.applicationId === applicationId) this.remove();
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }

  private unusable(why: string): MillraceError {
    const message = `The YARN properties file ${this.path} can't be used: ${why}. Please delete the file.`;
    return new MillraceError('ILLEGAL_CONFIGURATION', message, { context: { path: this.path } });
  }
}

function userName(env: Readonly<Record<string, string | undefined>>): string {
  try {
    return userInfo().username;
  } catch {
    return env['USER'] ?? env['LOGNAME'] ?? String(process.getuid?.() ?? 'unknown');
  }
}

function splitDynamic(text: string): Record<string, string> {
  const out: Record<string, string> = {};
  for (const part of text.split('@@')) {
    const split = part.indexOf('=');
    if (split > 0) out[part.slice(0, split)] = part.slice(split + 1);
  }
  return out;
}

function escaped(value: string): string {
  return value
    .replace(/[\\=:#!]/g, '\\$&')
    .replace(/^ /, '\\ ')
    .replace(/\n/g, '\\n')
    .replace(/\t/g, '\\t')
    .replace(/[^\x20-\x7e]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** `key=value`, `key: value`, comments with # and !, backslash escapes; no continued lines, which nobody writes here. */
function parseProperties(text: string): Map<string, string> {
  const out = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*((?:\\.|[^\s\\=:#!])(?:\\.|[^\s\\=:])*)\s*[=:]?\s*(.*)$/.exec(line);
    if (match) out.set(unescaped(match[1]!), unescaped(match[2]!));
  }
  return out;
}

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_all, hex: string | undefined, c: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return { n: '\n', t: '\t', r: '\r' }[c] ?? c;
  });
}
