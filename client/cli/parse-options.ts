import { Command, CommanderError, Option } from 'commander';
import { UsageError } from './io.js';
import type { CliOption } from './option-table.js';

export type OptionTable = Readonly<Record<string, CliOption>>;

/** What stood on a command line: options by their name in the table, then everything from the first word that is none. */
export class ParsedOptions<T extends OptionTable> {
  constructor(
    private readonly found: ReadonlyMap<string, readonly string[]>,
    readonly args: readonly string[],
  ) {}

  has(name: keyof T & string): boolean {
    return this.found.has(name);
  }

  /** The last value; undefined if the option does not stand there. */
  get(name: keyof T & string): string | undefined {
    return this.found.get(name)?.at(-1);
  }

  all(name: keyof T & string): readonly string[] {
    return this.found.get(name) ?? [];
  }

  /** True if one of these stands there. */
  hasAny(...names: Array<keyof T & string>): boolean {
    return names.some(name => this.found.has(name));
  }
}

/**
 * Reads options in the grammar of Flink's command line: `-yjm 512`, `--yarnname x`, `--yarnname=x`, `-p4`, `-Dk=v`,
 * `-D k=v`; long names with one dash too. The first word that is no option ends them: the rest belongs to the program.
 */
export function parseOptions<T extends OptionTable>(table: T, argv: readonly string[]): ParsedOptions<T> {
  const command = new Command()
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: () => {} })
    .helpOption(false)
    .allowExcessArguments()
    .argument('[words...]')
    .passThroughOptions();
  const found = new Map<string, string[]>();
  for (const [name, option] of Object.entries(table)) {
    // Flink's short names have several letters; commander takes those as long ones.
    const flags = `--${canonical(name)}${option.argument === undefined ? '' : ' <value>'}`;
    command.addOption(new Option(flags));
    command.on(`option:${canonical(name)}`, (value: string | null) => {
      const values = found.get(name) ?? [];
      found.set(name, option.repeatable ? [...values, value ?? ''] : [value ?? '']);
    });
  }
  try {
    command.parse(normalize(table, argv), { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) throw new UsageError(error.message.replace(/^error: /, ''));
    throw error;
  }
  return new ParsedOptions(found, command.args);
}

const canonical = (name: string): string => name.replace(/[A-Z]/g, c => `-${c.toLowerCase()}`);

/** Every option as `--name` or `--name=value`, so that no value is taken for an option. */
function normalize(table: OptionTable, argv: readonly string[]): string[] {
  const out: string[] = [];
  let i = 0;
  for (; i < argv.length; i++) {
    const token = argv[i]!;
    if (token === '--') {
      i++;
      break;
    }
    if (!/^--?[A-Za-z]/.test(token)) break;
    const { name, option, attached } = find(table, token);
    if (option.argument === undefined) {
      if (attached !== undefined) throw new UsageError(`Unrecognized option: ${token}`);
      out.push(`--${canonical(name)}`);
      continue;
    }
    const next = argv[i + 1];
    const free =
      next !== undefined && next !== '--' && !(option.optional ? next.startsWith('-') : isKnown(table, next));
    const value = attached ?? (free ? argv[++i] : option.optional ? '' : undefined);
    if (value === undefined) throw new UsageError(`Missing argument for option: ${option.short ?? option.long}`);
    out.push(`--${canonical(name)}=${value}`);
  }
  return [...out, '--', ...argv.slice(i)];
}

/** Flink takes no option of its own for the value of another. */
function isKnown(table: OptionTable, token: string): boolean {
  return /^--?[A-Za-z]/.test(token) && match(table, token) !== undefined;
}

interface Match {
  name: string;
  option: CliOption;
  attached?: string;
}

function find(table: OptionTable, token: string): Match {
  const found = match(table, token);
  if (!found) throw new UsageError(`Unrecognized option: ${token}`);
  return found;
}

function match(table: OptionTable, token: string): Match | undefined {
  const body = token.replace(/^--?/, '');
  const split = body.indexOf('=');
  const word = split < 0 ? body : body.slice(0, split);
  for (const [name, option] of Object.entries(table)) {
    if (word !== option.long && !(word === option.short && !token.startsWith('--'))) continue;
    return { name, option, ...(split >= 0 && { attached: body.slice(split + 1) }) };
  }
  // `-Dkey=value`, `-yDkey=value`, `-p4`
  const glued = Object.entries(table)
    .filter(([, o]) => o.argument !== undefined && o.short !== undefined && body.startsWith(o.short))
    .filter(([, o]) => o.short!.length === 1 || o.short === 'yD')
    .sort(([, a], [, b]) => b.short!.length - a.short!.length)[0];
  if (glued && !token.startsWith('--')) {
    const [name, option] = glued;
    return { name, option, attached: body.slice(option.short!.length) };
  }
  return undefined;
}

/** `key=value` of -D; a key alone is set to `true`, as in Flink. */
export function parseProperties(values: readonly string[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (const value of values) {
    const split = value.indexOf('=');
    const key = (split < 0 ? value : value.slice(0, split)).trim();
    if (key === '') throw new UsageError(`-D needs key=value, not "${value}".`);
    out[key] = split < 0 ? 'true' : value.slice(split + 1).trim();
  }
  return out;
}
