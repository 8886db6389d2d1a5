import { type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError } from '../../core/errors.js';
import { type Environment, HadoopConfiguration } from './hadoop-configuration.js';
import { readSiteFile, type SiteProperty } from './site-xml.js';

export interface LoadHadoopOptions {
  /** HADOOP_CONF_DIR, YARN_CONF_DIR (an empty one counts as not set), and what `${env.X}` stands for. */
  env: Environment;
  /** `flink.hadoop.<key>` without the prefix; wins over the files. */
  overrides?: Readonly<Record<string, string>>;
  /** `env.hadoop.conf.dir`: taken where HADOOP_CONF_DIR is not set. */
  confDir?: string;
  /** `env.yarn.conf.dir`: taken where YARN_CONF_DIR is not set. */
  yarnConfDir?: string;
}

interface Folder {
  path: string;
  setting: string;
}

const FILES = ['core-site.xml', 'hdfs-site.xml', 'yarn-site.xml'] as const;

/** Overrides that alone say where Hadoop is, so that no folder is needed. */
const ADDRESS_KEYS =
  /^(fs\.defaultFS|fs\.default\.name|dfs\.namenode\.http-address(\..+)?|yarn\.resourcemanager\.(hostname|address|webapp\.address)(\..+)?)$/;

/**
 * Hadoop's configuration as every Hadoop program finds it. Errors: HADOOP_NOT_CONFIGURED if nothing says where it is,
 * ILLEGAL_CONFIGURATION for files that can't be read, KERBEROS_UNSUPPORTED for a cluster that asks for Kerberos.
 */
export function loadHadoopConfiguration(options: LoadHadoopOptions): HadoopConfiguration {
  const hadoop = folder(options.env['HADOOP_CONF_DIR'], 'HADOOP_CONF_DIR', options.confDir, 'env.hadoop.conf.dir');
  const yarn = folder(options.env['YARN_CONF_DIR'], 'YARN_CONF_DIR', options.yarnConfDir, 'env.yarn.conf.dir');
  const folders = [hadoop, yarn].filter(one => one !== undefined);
  const overrides = options.overrides ?? {};
  if (folders.length === 0 && !Object.keys(overrides).some(key => ADDRESS_KEYS.test(key))) throw notConfigured();

  const properties: SiteProperty[] = [];
  let files = 0;
  for (const name of FILES) {
    const order = name === 'yarn-site.xml' ? [yarn, hadoop] : [hadoop, yarn];
    const file = order.flatMap(one => (one ? [join(one.path, name)] : [])).find(isFile);
    if (file === undefined) continue;
    files++;
    properties.push(...readSiteFile(file));
  }
  if (folders.length > 0 && files === 0) throw emptyFolders(folders);

  const conf = new HadoopConfiguration({
    properties,
    overrides,
    env: options.env,
    source: folders.map(describe).join(' and ') || 'flink.hadoop.* settings',
  });
  refuseKerberos(conf);
  return conf;
}

/** Refuses a configuration that asks for Kerberos, by name. */
export function refuseKerberos(conf: HadoopConfiguration): void {
  const key = 'hadoop.security.authentication';
  const value = conf.get(key) ?? 'simple';
  if (!value.toLowerCase().includes('kerberos')) return;
  const message =
    `This Hadoop asks for Kerberos (${key}=${value} in ${conf.sourceOf(key) ?? conf.source}), which is not supported yet. ` +
    'Use a cluster with simple authentication, or point HADOOP_CONF_DIR at one.';
  throw new MillraceError('KERBEROS_UNSUPPORTED', message, { context: { key } });
}

function folder(
  fromEnv: string | undefined,
  variable: string,
  fromConfig: string | undefined,
  key: string,
): Folder | undefined {
  const candidates = [
    { path: fromEnv?.trim(), setting: variable },
    { path: fromConfig?.trim(), setting: key },
  ];
  for (const { path, setting } of candidates) {
    if (!path) continue;
    if (!isDirectory(path)) {
      const message = `Hadoop's configuration folder ${path} (${setting}) is not there. Set ${setting} to the folder that holds core-site.xml and yarn-site.xml.`;
      throw new MillraceError('HADOOP_NOT_CONFIGURED', message, { context: { path, setting } });
    }
    return { path, setting };
  }
  return undefined;
}

function notConfigured(): MillraceError {
  const message =
    'No Hadoop is configured: neither HADOOP_CONF_DIR nor YARN_CONF_DIR is set. Set HADOOP_CONF_DIR to the folder with ' +
    'core-site.xml, hdfs-site.xml and yarn-site.xml (or env.hadoop.conf.dir in flink-conf.yaml), or start the embedded ' +
    'Hadoop with scripts/mini-hadoop.sh start and set HADOOP_CONF_DIR as it says.';
  return new MillraceError('HADOOP_NOT_CONFIGURED', message);
}

function emptyFolders(folders: Folder[]): MillraceError {
  const message = `${folders.map(describe).join(' and ')} holds none of ${FILES.join(', ')}. Set HADOOP_CONF_DIR to the folder that does.`;
  return new MillraceError('HADOOP_NOT_CONFIGURED', message);
}

function describe({ path, setting }: Folder): string {
  return `${path} (${setting})`;
}

function isDirectory(path: string): boolean {
  return statOrNothing(path)?.isDirectory() ?? false;
}

function isFile(path: string): boolean {
  return statOrNothing(path)?.isFile() ?? false;
}

/** What can't be looked at (a parent without permission) is no folder to read from either. */
function statOrNothing(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
