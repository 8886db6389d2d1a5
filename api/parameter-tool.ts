import { MillraceError } from '../core/errors.js';

const NO_VALUE = '__NO_VALUE_KEY';

/**
 * A program's parameters: `--key value` and `-key value`. A key without a value is a flag: `has` is true, `get` gives the
 * default.
 *
 *     const params = ParameterTool.fromArgs(args);
 *     const input = params.getRequired('input');
 *     const port = params.getInt('port', 9999);
 */
export class ParameterTool {
  private readonly unrequested: Set<string>;

  private constructor(private readonly values: ReadonlyMap<string, string>) {
    this.unrequested = new Set(values.keys());
  }

  /** Throws ILLEGAL_ARGUMENT for an argument that is neither a key nor a key's value. */
  static fromArgs(args: readonly string[]): ParameterTool {
    const values = new Map<string, string>();
    for (let i = 0; i < args.length; i++) {
      const match = /^(?:--|-(?!-))(.+)$/s.exec(args[i]!);
      if (!match) {
        throw new MillraceError(
          'ILLEGAL_ARGUMENT',
          `Error parsing arguments '${JSON.stringify(args)}' on '${args[i]}'. Please prefix keys with -- or -.`,
        );
      }
      const next = args[i + 1];
      if (next === undefined || isKey(next)) values.set(match[1]!, NO_VALUE);
      else {
        values.set(match[1]!, next);
        i++;
      }
    }
    return new ParameterTool(values);
  }

  /** Parameters from elsewhere, such as a JSON file that the program imports. */
  static fromMap(map: Readonly<Record<string, string>>): ParameterTool {
    return new ParameterTool(new Map(Object.entries(map)));
  }

  /** These parameters and the other's, which win. */
  mergeWith(other: ParameterTool): ParameterTool {
    const merged = new ParameterTool(new Map([...this.values, ...other.values]));
    for (const key of this.values.keys()) if (!this.unrequested.has(key)) merged.unrequested.delete(key);
    for (const key of other.values.keys()) if (!other.unrequested.has(key)) merged.unrequested.delete(key);
    return merged;
  }

  /** Whether the key was given, with a value or without. */
  has(key: string): boolean {
    this.unrequested.delete(key);
    return this.values.has(key);
  }

  /** The value, or the default where the key was not given or has none. */
  get(key: string): string | undefined;
  get(key: string, defaultValue: string): string;
  get(key: string, defaultValue?: string): string | undefined {
    this.unrequested.delete(key);
    const value = this.values.get(key);
    return value === undefined || value === NO_VALUE ? defaultValue : value;
  }

  /** Throws ILLEGAL_ARGUMENT naming the key if it has no value. */
  getRequired(key: string): string {
    const value = this.get(key);
    if (value === undefined) throw new MillraceError('ILLEGAL_ARGUMENT', `No data for required key '${key}'`);
    return value;
  }

  /** A whole number of 32 bits. Throws ILLEGAL_ARGUMENT for another value, and for none if there is no default. */
  getInt(key: string, defaultValue?: number): number {
    return this.number(key, defaultValue, WHOLE, 'a whole number of 32 bits', n => n === (n | 0));
  }

  /** A whole number, up to 2^53. Throws as `getInt`. */
  getLong(key: string, defaultValue?: number): number {
    return this.number(key, defaultValue, WHOLE, 'a whole number below 2^53', Number.isSafeInteger);
  }

  /** A number. Throws as `getInt`. */
  getDouble(key: string, defaultValue?: number): number {
    return this.number(key, defaultValue, DECIMAL, 'a number', () => true);
  }

  /** As `getDouble`: JavaScript has one kind of number. */
  getFloat(key: string, defaultValue?: number): number {
    return this.getDouble(key, defaultValue);
  }

  /** True for `true` in any case, false for every other value. Throws ILLEGAL_ARGUMENT if there is neither value nor default. */
  getBoolean(key: string, defaultValue?: boolean): boolean {
    const value = this.get(key);
    if (value === undefined && defaultValue !== undefined) return defaultValue;
    return this.getRequired(key).toLowerCase() === 'true';
  }

  /** How many keys there are. */
  getNumberOfParameters(): number {
    return this.values.size;
  }

  /** Keys that the program has not asked for so far: misspelt ones, perhaps. */
  getUnrequestedParameters(): Set<string> {
    return new Set(this.unrequested);
  }

  /** All keys with their values; flags have Flink's placeholder `__NO_VALUE_KEY`. */
  toMap(): Record<string, string> {
    return Object.fromEntries(this.values);
  }

  private number(
    key: string,
    defaultValue: number | undefined,
    form: RegExp,
    what: string,
    fits: (n: number) => boolean,
  ): number {
    const value = this.get(key);
    if (value === undefined && defaultValue !== undefined) return defaultValue;
    const text = this.getRequired(key);
    const number = Number(text);
    if (!form.test(text) || !fits(number)) {
      throw new MillraceError('ILLEGAL_ARGUMENT', `The value '${text}' of key '${key}' is not ${what}.`);
    }
    return number;
  }
}

const WHOLE = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A negative number is a value, not a key. */
const isKey = (word: string): boolean => word.startsWith('-') && Number.isNaN(Number(word));
