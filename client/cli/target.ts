import { type Configuration, Options, parseMemorySize } from '../../core/config/index.js';
import { MillraceError, messageOf } from '../../core/errors.js';
import { formatHostPort, parseHostPort } from '../../yarn-bridge/conf/index.js';
import { PropertiesFile, type SessionProperties } from '../deploy/properties-file.js';
import { loadClientConfiguration } from './client-configuration.js';
import { warnOfUnused } from './honour-options.js';
import { type CliIo, UsageError } from './io.js';
import { DEFAULT_MODE_OPTIONS, GENERIC_OPTIONS, YARN_ATTACH_OPTIONS, type YARN_OPTIONS } from './option-table.js';
import { type ParsedOptions, parseProperties } from './parse-options.js';

/** Which cluster an action is about. */
export type Target =
  | { type: 'local' }
  | { type: 'remote'; host: string; port: number }
  /** `file`: found by it and not named on the command line. */
  | { type: 'session'; applicationId: string; file?: PropertiesFile }
  | { type: 'per-job' };

export const TARGET_OPTIONS = { ...GENERIC_OPTIONS, ...DEFAULT_MODE_OPTIONS, ...YARN_ATTACH_OPTIONS } as const;
type TargetOptions = typeof TARGET_OPTIONS;
/** `flink run` has the options for bringing up a cluster as well. */
type AllOptions = TargetOptions & typeof YARN_OPTIONS;

export interface ResolvedTarget {
  target: Target;
  configuration: Configuration;
}

const YARN_CLUSTER = 'yarn-cluster';

/**
 * Decides as Flink does: -t (execution.target) first, then YARN (`-m yarn-cluster`, -yid, or the properties file where
 * neither -m nor another y-option stands), else the JobManager of -m or of the configuration.
 */
export async function resolveTarget(io: CliIo, options: ParsedOptions<TargetOptions>): Promise<ResolvedTarget> {
  const all = options as unknown as ParsedOptions<AllOptions>;
  const own = { ...parseProperties(all.all('define')), ...parseProperties(all.all('yarnDefine')) };
  let configuration = await loadClientConfiguration(io, own);
  const named = options.get('target') ?? options.get('executor') ?? configuration.get(Options.executionTarget);
  const id = options.get('yarnId') ?? configuration.get(Options.yarnApplicationId);
  const address = options.get('jobManager');

  let file: { properties: SessionProperties; file: PropertiesFile } | undefined;
  if (id === undefined && (named === 'yarn-session' || (named === undefined && mayUseFile(all)))) {
    const found = PropertiesFile.of(configuration, io.env);
    const properties = found.read();
    if (properties) {
      file = { properties, file: found };
      io.err(`Found Yarn properties file under ${found.path}.`);
      configuration = await loadClientConfiguration(
        { ...io, err: () => {} },
        { ...properties.dynamicProperties, ...own },
      );
    }
  }
  applyYarnOptions(all, configuration);
  const target = chooseTarget(named, address, id, file, configuration);
  warnOfOtherTargets(io, options, target);
  return { target, configuration };
}

/** -m or -yid beside something stronger: the user may have meant another cluster. */
function warnOfOtherTargets(io: CliIo, options: ParsedOptions<TargetOptions>, target: Target): void {
  const where = {
    local: 'the target is local',
    remote: target.type === 'remote' ? `the target is the JobManager at ${formatHostPort(target)}` : '',
    session: target.type === 'session' ? `the target is the YARN session ${target.applicationId}` : '',
    'per-job': 'the job gets an application of its own on YARN',
  }[target.type];
  const address = options.get('jobManager');
  const fits =
    target.type === 'remote' ? address !== YARN_CLUSTER : target.type !== 'local' && address === YARN_CLUSTER;
  if (!fits) warnOfUnused(io, TARGET_OPTIONS, options, ['jobManager'], where);
  if (target.type !== 'session') warnOfUnused(io, TARGET_OPTIONS, options, ['yarnId'], where);
}

function chooseTarget(
  named: string | undefined,
  address: string | undefined,
  id: string | undefined,
  file: { properties: SessionProperties; file: PropertiesFile } | undefined,
  configuration: Configuration,
): Target {
  const session = (): Target => {
    if (id !== undefined) return { type: 'session', applicationId: id };
    if (file) return { type: 'session', applicationId: file.properties.applicationId, file: file.file };
    throw new UsageError('Which YARN session? Name it with -yid, or start one with yarn-session.sh.');
  };
  switch (named) {
    case undefined:
      if (id !== undefined || file) return session();
      if (address === YARN_CLUSTER) return { type: 'per-job' };
      return { type: 'remote', ...remoteAddress(address, configuration) };
    case 'local':
      return { type: 'local' };
    case 'remote':
      return { type: 'remote', ...remoteAddress(address, configuration) };
    case 'yarn-session':
      return session();
    case 'yarn-per-job':
      return { type: 'per-job' };
    default:
      throw new UsageError(`-t ${named} is no target: take local, remote, yarn-session or yarn-per-job.`);
  }
}

/** Whether the properties file counts: not beside -m or a y-option other than -yd. */
function mayUseFile(options: ParsedOptions<AllOptions>): boolean {
  return !options.hasAny(
    ...(['jobManager', 'yarnJobManagerMemory', 'yarnTaskManagerMemory', 'yarnSlots', 'yarnContainers'] as const),
    ...(['yarnName', 'yarnQueue', 'yarnDefine', 'yarnType', 'yarnNodeLabel', 'yarnQuery'] as const),
  );
}

function remoteAddress(address: string | undefined, configuration: Configuration): { host: string; port: number } {
  const port = configuration.get(Options.restPort);
  if (address === undefined || address === YARN_CLUSTER) {
    const host = configuration.get(Options.restAddress) ?? configuration.get(Options.jobManagerRpcAddress);
    return { host: host ?? 'localhost', port };
  }
  const parsed = parseHostPort(address, port);
  if (parsed) return parsed;
  throw new UsageError(`-m ${address}: host:port or yarn-cluster is expected.`);
}

/** Puts -yjm and the like into the configuration; they are stronger than everything in it. */
function applyYarnOptions(options: ParsedOptions<AllOptions>, configuration: Configuration): void {
  setMemory(configuration, Options.jobManagerMemory, options.get('yarnJobManagerMemory'), '-yjm');
  setMemory(configuration, Options.taskManagerMemory, options.get('yarnTaskManagerMemory'), '-ytm');
  setSlots(configuration, options.get('yarnSlots'), '-ys');
  for (const [name, option, flag] of [
    ['yarnName', Options.yarnApplicationName, '-ynm'],
    ['yarnQueue', Options.yarnApplicationQueue, '-yqu'],
    ['yarnType', Options.yarnApplicationType, '-yat'],
    ['yarnNodeLabel', Options.yarnApplicationNodeLabel, '-ynl'],
  ] as const) {
    const value = options.get(name);
    if (value !== undefined) configuration.setOption(option, value, flag);
  }
}

/** A size as -jm takes it: a bare number is MB. */
export function setMemory(
  configuration: Configuration,
  option: typeof Options.jobManagerMemory,
  text: string | undefined,
  flag: string,
): void {
  if (text === undefined) return;
  let bytes: number;
  try {
    bytes = parseMemorySize(text, 'm');
  } catch (error) {
    throw new UsageError(`${flag}: ${messageOf(error)}`);
  }
  configuration.setOption(option, `${bytes}b`, flag);
}

export function setSlots(configuration: Configuration, text: string | undefined, flag: string): void {
  if (text === undefined) return;
  configuration.setOption(Options.taskManagerSlots, positive(text, `${flag}: the number of slots`), flag);
}

/** A whole number above zero, or a UsageError that begins with `what`. */
export function positive(text: string, what: string): number {
  if (/^\d+$/.test(text) && Number(text) > 0 && Number.isSafeInteger(Number(text))) return Number(text);
  throw new UsageError(`${what} must be a positive number: ${text}`);
}

/** An application id as YARN writes it. */
export function checkApplicationId(id: string): string {
  if (/^application_\d+_\d{4,}$/.test(id)) return id;
  const message = `"${id}" is no application id; they look like application_1700000000000_0001.`;
  throw new MillraceError('ILLEGAL_ARGUMENT', message, { domain: 'user' });
}
