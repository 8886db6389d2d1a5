import { nearest } from './nearest.js';
import { type ConfigOption, parseOption } from './option.js';
import { FREE_PREFIXES, Options } from './options.js';

interface Entry {
  value: string;
  /** `conf/flink-conf.yaml:12` or `-D on the command line`. */
  where: string;
}

/** Key → text with its origin. Values are parsed when asked for; `validate` parses all, so that a bad one is found at once. */
export class Configuration {
  private readonly entries = new Map<string, Entry>();

  static from(values: Record<string, string>, where = 'set by the program'): Configuration {
    const c = new Configuration();
    for (const [key, value] of Object.entries(values)) c.set(key, value, where);
    return c;
  }

  set(key: string, value: string, where = 'set by the program'): this {
    this.entries.set(key, { value, where });
    return this;
  }

  setOption<T>(option: ConfigOption<T>, value: string | number | boolean, where?: string): this {
    for (const synonym of option.synonyms) this.entries.delete(synonym);
    return this.set(option.key, String(value), where);
  }

  /** The value, or the option's default. Throws ILLEGAL_CONFIGURATION naming key, value and origin. */
  get<T>(option: ConfigOption<T>): T {
    const entry = this.find(option);
    return entry ? parseOption(option, entry.value, entry.where) : option.defaultValue;
  }

  /** True if the key or a synonym is set, whatever its value. */
  has(option: ConfigOption<unknown>): boolean {
    return this.find(option) !== undefined;
  }

  getRaw(key: string): string | undefined {
    return this.entries.get(key)?.value;
  }

  /** Keys that start with the prefix, without it: `flink.hadoop.fs.defaultFS` → `fs.defaultFS`. */
  withPrefix(prefix: string): Record<string, string> {
    const out: Record<string, string> = {};
    for (const [key, { value }] of this.entries) if (key.startsWith(prefix)) out[key.slice(prefix.length)] = value;
    return out;
  }

  toMap(): Record<string, string> {
    return Object.fromEntries([...this.entries].map(([key, { value }]) => [key, value]));
  }

  /** Parses every known key (the first bad one is thrown) and returns a warning for each unknown one. */
  validate(): string[] {
    const warnings: string[] = [];
    const names = new Map<string, ConfigOption<unknown>>();
    for (const option of Object.values(Options) as Array<ConfigOption<unknown>>) {
      for (const name of [option.key, ...option.synonyms]) names.set(name, option);
    }
    for (const [key, entry] of this.entries) {
      const option = names.get(key);
      if (option) parseOption({ ...option, key }, entry.value, entry.where);
      else if (!FREE_PREFIXES.some(p => key.startsWith(p))) {
        const close = nearest(key, [...names.keys()]);
        warnings.push(
          `Unknown configuration key "${key}" (${entry.where})${close ? `; did you mean "${close}"?` : ''}`,
        );
      }
    }
    return warnings;
  }

  private find(option: ConfigOption<unknown>): Entry | undefined {
    for (const name of [option.key, ...option.synonyms]) {
      const entry = this.entries.get(name);
      if (entry) return entry;
    }
    return undefined;
  }
}

const SECRET = /password|secret|token|apikey|auth-params|service-key|basic-auth|fs\.azure\.account\.key/i;

/** `******` for values of keys that hold secrets, as Flink shows them. */
export function maskSecret(key: string, value: string): string {
  return SECRET.test(key) ? '******' : value;
}
