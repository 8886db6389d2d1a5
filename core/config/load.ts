import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError, messageOf } from '../errors.js';
import { Configuration } from './configuration.js';

export interface LoadOptions {
  /** Folder of flink-conf.yaml (or config.yaml). A missing folder is an error, a missing file is not. */
  confDir: string;
  /** -D and -yD, strongest. */
  dynamicProperties?: Record<string, string>;
  warn?: (message: string) => void;
}

/** flink-conf.yaml, where that is missing config.yaml, with -D over it; every known value is checked. */
export async function loadConfiguration({
  confDir,
  dynamicProperties = {},
  warn,
}: LoadOptions): Promise<Configuration> {
  if (!existsSync(confDir) || !statSync(confDir).isDirectory()) {
    throw new MillraceError(
      'ILLEGAL_CONFIGURATION',
      `The configuration directory ('${confDir}') does not exist: set FLINK_CONF_DIR to a folder with flink-conf.yaml`,
    );
  }
  const configuration = new Configuration();
  const flat = join(confDir, 'flink-conf.yaml');
  const nested = join(confDir, 'config.yaml');
  if (existsSync(flat)) readFlat(readFileSync(flat, 'utf8'), flat, configuration, warn);
  else if (existsSync(nested)) await readNested(readFileSync(nested, 'utf8'), nested, configuration);
  for (const [key, value] of Object.entries(dynamicProperties)) configuration.set(key, value, '-D on the command line');
  for (const warning of configuration.validate()) warn?.(warning);
  return configuration;
}

/** Line by line as Flink does: `#` begins a comment, the first `: ` splits, the last one of a key wins. */
function readFlat(text: string, file: string, into: Configuration, warn?: (message: string) => void): void {
  text.split(/\r?\n/).forEach((line, i) => {
    const content = line.replace(/#.*$/, '').trim();
    if (content === '') return;
    const where = `${file}:${i + 1}`;
    const split = content.indexOf(': ');
    const key = content.slice(0, split).trim();
    const value = content.slice(split + 2).trim();
    if (split <= 0 || key === '' || value === '') {
      warn?.(`Line skipped, it is not "key: value" (${where}): ${content.slice(0, 80)}`);
      return;
    }
    into.set(key, value, where);
  });
}

async function readNested(text: string, file: string, into: Configuration): Promise<void> {
  const { parseDocument, isMap, isScalar, LineCounter } = await import('yaml');
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const problem = document.errors[0];
  if (problem) throw new MillraceError('ILLEGAL_CONFIGURATION', `${file} is no YAML: ${messageOf(problem)}`);
  const visit = (node: unknown, prefix: string): void => {
    if (isMap(node)) {
      for (const pair of node.items) {
        const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
        const path = prefix === '' ? key : `${prefix}.${key}`;
        if (isMap(pair.value)) visit(pair.value, path);
        else if (isScalar(pair.value) && pair.value.value !== null) {
          const offset = pair.value.range?.[0] ?? 0;
          into.set(path, String(pair.value.value), `${file}:${lineCounter.linePos(offset).line}`);
        } else if (pair.value !== null && !isScalar(pair.value)) {
          into.set(path, String(pair.value).trim(), file);
        }
      }
    } else if (node !== null) {
      throw new MillraceError('ILLEGAL_CONFIGURATION', `${file} must hold keys and values`);
    }
  };
  visit(document.contents, '');
}
