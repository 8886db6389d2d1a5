import {
  type CliOption,
  DEFAULT_MODE_OPTIONS,
  GENERAL_OPTIONS,
  GENERIC_OPTIONS,
  LIST_OPTIONS,
  RUN_OPTIONS,
  SAVEPOINT_OPTIONS,
  STOP_OPTIONS,
  YARN_ATTACH_OPTIONS,
  YARN_OPTIONS,
} from './option-table.js';
import type { OptionTable } from './parse-options.js';

interface ActionHelp {
  does: string;
  syntax: string;
  options: OptionTable;
  /** The sets behind the action's own options. */
  modes: Array<'generic' | 'yarn-cluster' | 'yarn-attach' | 'default'>;
}

const { entry, parallelism } = RUN_OPTIONS;

export const ACTION_HELP: Readonly<Record<string, ActionHelp>> = {
  run: {
    does: 'compiles and runs a program',
    syntax: 'run [OPTIONS] <bundle> <arguments>',
    options: RUN_OPTIONS,
    modes: ['generic', 'yarn-cluster', 'default'],
  },
  info: {
    does: 'shows the execution plan of a program (JSON)',
    syntax: 'info [OPTIONS] <bundle> <arguments>',
    options: { entry, parallelism },
    modes: [],
  },
  list: {
    does: 'lists running and scheduled programs',
    syntax: 'list [OPTIONS]',
    options: LIST_OPTIONS,
    modes: ['generic', 'yarn-attach', 'default'],
  },
  cancel: {
    does: 'cancels a running program',
    syntax: 'cancel [OPTIONS] <Job ID>',
    options: {},
    modes: ['generic', 'yarn-attach', 'default'],
  },
  stop: {
    does: 'stops a running program with a savepoint (comes with checkpoints)',
    syntax: 'stop [OPTIONS] <Job ID>',
    options: STOP_OPTIONS,
    modes: ['generic', 'yarn-attach', 'default'],
  },
  savepoint: {
    does: 'triggers savepoints for a running job or disposes existing ones (comes with checkpoints)',
    syntax: 'savepoint [OPTIONS] <Job ID> [<target directory>]',
    options: SAVEPOINT_OPTIONS,
    modes: ['generic', 'yarn-attach', 'default'],
  },
  doctor: {
    does: 'checks what a job on YARN needs: configuration, HDFS, ResourceManager, queue, Node',
    syntax: 'doctor [OPTIONS]',
    options: {},
    modes: [],
  },
};

const MODES: Readonly<Record<ActionHelp['modes'][number], { title: string; options: OptionTable }>> = {
  generic: { title: 'Options for any mode', options: GENERIC_OPTIONS },
  'yarn-cluster': { title: 'Options for yarn-cluster mode', options: { ...YARN_OPTIONS, ...YARN_ATTACH_OPTIONS } },
  'yarn-attach': { title: 'Options for yarn-cluster mode', options: YARN_ATTACH_OPTIONS },
  default: { title: 'Options for default mode', options: DEFAULT_MODE_OPTIONS },
};

/** All actions with all options. */
export function wholeHelp(): string[] {
  return [
    './flink <ACTION> [OPTIONS] [ARGUMENTS]',
    '',
    'The following actions are available:',
    ...Object.keys(ACTION_HELP).flatMap(action => ['', ...actionHelp(action)]),
    '',
  ];
}

export function actionHelp(action: string): string[] {
  const { does, syntax, options, modes } = ACTION_HELP[action]!;
  return [
    `Action "${action}" ${does}.`,
    '',
    `  Syntax: ${syntax}`,
    `  "${action}" action options:`,
    ...optionLines({ ...GENERAL_OPTIONS, ...options }, 5),
    ...modes.flatMap(mode => [`  ${MODES[mode].title}:`, ...optionLines(MODES[mode].options, 5)]),
  ];
}

/** `-short,--long <argument>   description`, one option a line (or more, 100 columns wide). */
export function optionLines(table: OptionTable, indent: number): string[] {
  const rows = Object.values(table)
    .filter(option => !option.hidden)
    .map(option => [flagsOf(option), option.description] as const);
  const width = Math.max(...rows.map(([flags]) => flags.length)) + 3;
  return rows.flatMap(([flags, description]) => {
    const [first = '', ...rest] = wrap(description, Math.max(40, 100 - indent - width));
    const pad = ' '.repeat(indent);
    return [`${pad}${flags.padEnd(width)}${first}`, ...rest.map(line => `${pad}${' '.repeat(width)}${line}`)];
  });
}

function flagsOf({ short, long, argument }: CliOption): string {
  const names = [short && `-${short}`, long && `--${long}`].filter(Boolean).join(',');
  return argument === undefined ? names : `${names} <${argument}>`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
