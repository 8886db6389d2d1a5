import { MillraceError } from '../core/errors.js';

const NO_VALUE = '__NO_VALUE_KEY';

/** Reads `--key value` and `-key value` arguments of a program. A key without a value is a flag: `has` is true. */
export class ParameterTool {
  private constructor(private readonly values: ReadonlyMap<string, string>) {}

  /** Throws ILLEGAL_ARGUMENT for an argument that is neither a key nor a key's value. */
  static fromArgs(args: readonly string[]): ParameterTool {
    const values = new Map<string, string>();
    for (let i = 0; i < args.length; i++) {
      const match = /^--?(.+)$/s.exec(args[i]!);
      if (!match) {
        throw new MillraceError(
          'ILLEGAL_ARGUMENT',
          `Error parsing arguments '${JSON.stringify(args)}' on '${args[i]}'. Please prefix keys with -- or -.`,
        );
      }
      const next = args[i + 1];
      // A negative number is a value, not a key.
      if (next === undefined || (next.startsWith('-') && Number.isNaN(Number(next)))) values.set(match[1]!, NO_VALUE);
      else {
        values.set(match[1]!, next);
        i++;
      }
    }
    return new ParameterTool(values);
  }

  has(key: string): boolean {
    return this.values.has(key);
  }

  get(key: string): string | undefined;
  get(key: string, defaultValue: string): string;
  get(key: string, defaultValue?: string): string | undefined {
    const value = this.values.get(key);
    return value === undefined || value === NO_VALUE ? defaultValue : value;
  }

  /** Throws ILLEGAL_ARGUMENT naming the key if it has no value. */
  getRequired(key: string): string {
    const value = this.get(key);
    if (value === undefined) throw new MillraceError('ILLEGAL_ARGUMENT', `No data for required key '${key}'`);
    return value;
  }

  getInt(key: string, defaultValue?: number): number {
    return this.number(key, defaultValue, /^[+-]?\d+$/, 'a whole number');
  }

  getLong(key: string, defaultValue?: number): number {
    return this.getInt(key, defaultValue);
  }

  getDouble(key: string, defaultValue?: number): number {
    return this.number(key, defaultValue, /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, 'a number');
  }

  getBoolean(key: string, defaultValue?: boolean): boolean {
    const value = this.get(key);
    if (value === undefined && defaultValue !== undefined) return defaultValue;
    return this.getRequired(key).toLowerCase() === 'true';
  }

  toMap(): Record<string, string> {
    return Object.fromEntries(this.values);
  }

  private number(key: string, defaultValue: number | undefined, form: RegExp, what: string): number {
    const value = this.get(key);
    if (value === undefined && defaultValue !== undefined) return defaultValue;
    const text = this.getRequired(key);
    if (!form.test(text))
      throw new MillraceError('ILLEGAL_ARGUMENT', `The value '${text}' of key '${key}' is not ${what}.`);
    return Number(text);
  }
}
