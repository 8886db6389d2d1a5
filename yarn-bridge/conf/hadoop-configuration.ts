import { MillraceError } from '../../core/errors.js';
import { DEPRECATED_KEYS, HADOOP_DEFAULTS } from './hadoop-defaults.js';
import { hadoopUser, osUser } from './hadoop-user.js';
import { defaultFs, nameNodeHttpAddresses } from './name-nodes.js';
import { type ResourceManagerAddresses, resourceManagers } from './resource-managers.js';
import type { SiteProperty } from './site-xml.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface HadoopConfigurationOptions {
  /** Properties of the files in reading order: a later one wins unless an earlier one is final. */
  properties?: Iterable<SiteProperty>;
  /** Wins over everything, also over final properties (`flink.hadoop.<key>`, prefix taken off by the caller). */
  overrides?: Readonly<Record<string, string>>;
  /** For `${env.X}` and `${user.name}`. */
  env?: Environment;
  /** Where it was read from, for messages: `/etc/hadoop/conf (HADOOP_CONF_DIR)`. */
  source?: string;
}

interface Entry {
  value: string;
  source: string;
  final: boolean;
}

const MAX_EXPANSIONS = 20;

/** Hadoop's configuration as Hadoop's own `Configuration` gives it: defaults, files, finals, overrides, `${var}`. */
export class HadoopConfiguration {
  /** Where it was read from, for messages. */
  readonly source: string;
  private readonly entries = new Map<string, Entry>();
  private readonly env: Environment;

  constructor(options: HadoopConfigurationOptions = {}) {
    this.env = options.env ?? {};
    this.source = options.source ?? 'given properties';
    for (const { name, value, final, source } of options.properties ?? []) {
      const key = currentName(name);
      const earlier = this.entries.get(key);
      if (earlier?.final) continue;
      if (value !== undefined) this.entries.set(key, { value, source, final });
    }
    for (const [name, value] of Object.entries(options.overrides ?? {})) {
      this.entries.set(currentName(name), { value, source: `flink.hadoop.${name}`, final: true });
    }
  }

  /** A configuration that consists of these properties, as `explicitProperties()` gave them in another process. */
  static fromRecord(
    record: Readonly<Record<string, string>>,
    env: Environment = {},
    source?: string,
  ): HadoopConfiguration {
    return new HadoopConfiguration({ overrides: record, env, ...(source !== undefined && { source }) });
  }

  /** Who calls Hadoop: HADOOP_USER_NAME of the environment it was read in, else the OS user. */
  get user(): string {
    return hadoopUser(this.env);
  }

  /** The value, trimmed and with variables expanded; Hadoop's default where it is not set; undefined where there is none. */
  get(key: string): string | undefined {
    const raw = this.raw(currentName(key));
    return raw === undefined ? undefined : this.expand(raw).trim();
  }

  /** As `get`, but only what a file or an override says. */
  getExplicit(key: string): string | undefined {
    return this.entries.has(currentName(key)) ? this.get(key) : undefined;
  }

  getString(key: string, otherwise: string): string {
    const value = this.get(key);
    return value === undefined || value === '' ? otherwise : value;
  }

  getInt(key: string, otherwise?: number): number {
    const value = this.get(key);
    if (value === undefined || value === '') {
      if (otherwise !== undefined) return otherwise;
      throw this.bad(key, 'it is not set');
    }
    const number = /^-?0x[0-9a-f]+$/i.test(value) ? Number.parseInt(value, 16) : Number(value);
    if (!Number.isInteger(number)) throw this.bad(key, `'${value}' is no whole number`);
    return number;
  }

  getNumber(key: string, otherwise: number): number {
    const value = this.get(key);
    if (value === undefined || value === '') return otherwise;
    const number = Number(value);
    if (!Number.isFinite(number)) throw this.bad(key, `'${value}' is no number`);
    return number;
  }

  /** `true` or `false`; anything else is the default, as in Hadoop. */
  getBoolean(key: string, otherwise: boolean): boolean {
    const value = this.get(key)?.toLowerCase();
    return value === 'true' ? true : value === 'false' ? false : otherwise;
  }

  /** Milliseconds; a bare number counts as milliseconds, units are ns, us, ms, s, m, h, d. */
  getMillis(key: string, otherwise: number): number {
    const value = this.get(key);
    if (value === undefined || value === '') return otherwise;
    const match = /^(-?\d+(?:\.\d+)?)\s*(ns|us|ms|s|m|h|d)?$/i.exec(value);
    if (!match) throw this.bad(key, `'${value}' is no duration`);
    return Number(match[1]) * MILLIS[(match[2] ?? 'ms').toLowerCase()]!;
  }

  /** The parts of a comma-separated list, without blanks and empty ones. */
  getStrings(key: string): string[] {
    return (this.get(key) ?? '')
      .split(',')
      .map(part => part.trim())
      .filter(part => part !== '');
  }

  /** File or override in which a key is set, for messages; undefined for a default. */
  sourceOf(key: string): string | undefined {
    return this.entries.get(currentName(key))?.source;
  }

  /** All that files and overrides say, expanded: what another process needs to see the same Hadoop. */
  explicitProperties(): Record<string, string> {
    return Object.fromEntries([...this.entries.keys()].sort().map(key => [key, this.get(key)!]));
  }

  /** `fs.defaultFS`, always with a scheme: `hdfs://host:8020`, `file:///`. */
  defaultFs(): string {
    return defaultFs(this);
  }

  /**
   * The NameNodes' HTTP addresses (`http://host:9870`) for a URI, a logical nameservice, or `host:port`; without
   * argument those of fs.defaultFS. Several for a nameservice with HA, in the order of its configuration.
   */
  nameNodeHttpAddresses(uriOrAuthority?: string): string[] {
    return nameNodeHttpAddresses(this, uriOrAuthority);
  }

  /** The ResourceManagers in the order of the configuration; one unless HA is on. */
  resourceManagers(): ResourceManagerAddresses[] {
    return resourceManagers(this);
  }

  /** `dfs.http.policy` and `yarn.http.policy`: HTTPS_ONLY. */
  isHttpsOnly(of: 'dfs' | 'yarn'): boolean {
    return this.get(`${of}.http.policy`)?.toUpperCase() === 'HTTPS_ONLY';
  }

  /** ILLEGAL_CONFIGURATION that names the key, where it stands and why it won't do. */
  bad(key: string, why: string): MillraceError {
    const message = `Hadoop's ${key} won't do (${this.sourceOf(key) ?? this.source}): ${why}.`;
    return new MillraceError('ILLEGAL_CONFIGURATION', message, { domain: 'user', context: { key } });
  }

  private raw(key: string): string | undefined {
    return this.entries.get(key)?.value ?? HADOOP_DEFAULTS[key];
  }

  private expand(text: string): string {
    let value = text;
    // One variable a round, inner ones first; a value that names itself keeps what is left, as in Hadoop.
    for (let round = 0; round < MAX_EXPANSIONS; round++) {
      const match = /\$\{([^}$\s]+)\}/.exec(value);
      if (!match) return value;
      const replacement = this.variable(match[1]!);
      if (replacement === undefined) return value;
      value = value.slice(0, match.index) + replacement + value.slice(match.index + match[0].length);
    }
    return value;
  }

  private variable(name: string): string | undefined {
    const env = /^env\.([^:-]+)(?:(:?)-(.*))?$/s.exec(name);
    if (env) {
      const value = this.env[env[1]!];
      const usable = value !== undefined && (env[2] !== ':' || value !== '');
      return usable ? value : env[3];
    }
    // Java's, which HADOOP_USER_NAME does not change.
    if (name === 'user.name') return osUser(this.env);
    if (name === 'user.home') return this.env['HOME'];
    if (name === 'java.io.tmpdir') return this.env['TMPDIR'] ?? '/tmp';
    return this.raw(currentName(name));
  }
}

const MILLIS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function currentName(key: string): string {
  return DEPRECATED_KEYS[key] ?? key;
}
