import { MillraceError } from '../../core/errors.js';
import { type CliIo, UsageError } from './io.js';
import type { CliOption } from './option-table.js';
import type { OptionTable, ParsedOptions } from './parse-options.js';

/**
 * No option is ignored without a word: what is not supported is an error by name, what changes nothing a warning by name.
 * Called before anything else is done with the options.
 */
export function refuseOrWarn<T extends OptionTable>(io: Pick<CliIo, 'err'>, table: T, options: ParsedOptions<T>): void {
  for (const [name, option] of Object.entries(table)) {
    if (!options.has(name)) continue;
    if (option.refused !== undefined) throw new MillraceError('ILLEGAL_ARGUMENT', option.refused, { domain: 'user' });
    if (option.ineffective !== undefined) warnIneffective(io, [flagOf(option)], option.ineffective);
  }
}

/** Of these options, those that stand on the command line have no effect: says which, and why. */
export function warnOfUnused<T extends OptionTable>(
  io: Pick<CliIo, 'err'>,
  table: T,
  options: ParsedOptions<T>,
  names: ReadonlyArray<keyof T & string>,
  why: string,
): void {
  warnIneffective(
    io,
    names.filter(name => options.has(name)).map(name => flagOf(table[name]!)),
    why,
  );
}

/** Words behind those that an action takes: often options, which stand before them. */
export function refuseFurtherWords(options: ParsedOptions<OptionTable>, taken: number): void {
  const word = options.args[taken];
  if (word === undefined) return;
  const hint = word.startsWith('-') ? ' (options stand before the other arguments)' : '';
  throw new UsageError(`Unrecognized argument: ${word}${hint}`);
}

function warnIneffective(io: Pick<CliIo, 'err'>, flags: readonly string[], why: string): void {
  if (flags.length === 0) return;
  io.err(`WARNING: ${flags.join(', ')} ${flags.length === 1 ? 'has' : 'have'} no effect: ${why}.`);
}

const flagOf = ({ short, long }: CliOption): string => (short === undefined ? `--${long}` : `-${short}`);
