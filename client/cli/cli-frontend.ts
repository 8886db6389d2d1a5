import { VERSION } from '../../core/version.js';
import { reportFailure } from './failure-report.js';
import type { CliIo } from './io.js';

/** An action: gets the words behind its name, gives the exit code. What it throws is reported here. */
export type Action = (io: CliIo, argv: readonly string[]) => Promise<number>;

/** Loaded when called for: `flink --version` is not to wait for what `run` needs. */
const ACTIONS: Readonly<Record<string, () => Promise<Action>>> = {
  run: async () => (await import('./run.js')).run,
  info: async () => (await import('./info.js')).info,
  list: async () => (await import('./list.js')).list,
  cancel: async () => (await import('./cancel.js')).cancel,
  stop: async () => (await import('./savepoints.js')).stop,
  savepoint: async () => (await import('./savepoints.js')).savepoint,
  doctor: async () => (await import('./doctor.js')).doctor,
};

/** `flink <action> …`: gives the exit code, 0 or 1. */
export async function flink(io: CliIo, argv: readonly string[]): Promise<number> {
  const [action, ...rest] = argv;
  switch (action) {
    case '-h':
    case '--help':
      for (const line of (await import('./help.js')).wholeHelp()) io.out(line);
      return 0;
    case '-v':
    case '--version':
      io.out(`Version: ${VERSION}, Commit ID: unknown`);
      return 0;
    case undefined:
      for (const line of (await import('./help.js')).wholeHelp()) io.out(line);
      io.out('Please specify an action.');
      return 1;
  }
  const load = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (!load) return unknownAction(io, action);
  try {
    return await (await load())(io, rest);
  } catch (error) {
    return reportFailure(io, error, isVerbose(rest));
  }
}

function unknownAction(io: CliIo, action: string): number {
  if (action === 'run-application') {
    io.out(
      '"run-application" is not supported: use "run -m yarn-cluster", which runs the job in an application of its own.',
    );
    return 1;
  }
  io.out(`"${action}" is not a valid action.`);
  io.out('');
  io.out('Valid actions are "run", "list", "info", "savepoint", "stop", "cancel", or "doctor".');
  io.out('');
  io.out('Specify the version option (-v or --version) to print Flink version.');
  io.out('');
  io.out('Specify the help option (-h or --help) to get help on the command.');
  return 1;
}

/** Looked for without parsing: what failed may be the parsing. Only options count, not the program's words. */
export function isVerbose(argv: readonly string[]): boolean {
  const firstWord = argv.findIndex(word => word === '--' || /\.([cm]?[jt]s|tgz|gz|jar)$/.test(word));
  return (firstWord < 0 ? argv : argv.slice(0, firstWord)).some(word => word === '--verbose' || word === '-v');
}
