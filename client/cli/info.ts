import { runMain } from '../../bundle/index.js';
import { type StreamGraph, streamPlan } from '../../core/graph/index.js';
import type { Action } from './cli-frontend.js';
import { loadClientConfiguration } from './client-configuration.js';
import { actionHelp } from './help.js';
import { refuseOrWarn, warnOfUnused } from './honour-options.js';
import { GENERAL_OPTIONS, RUN_OPTIONS } from './option-table.js';
import { parseOptions, parseProperties } from './parse-options.js';
import { generateOptions, type LoadedProgram, loadCommandLineProgram } from './program.js';
import { positive, TARGET_OPTIONS } from './target.js';

const { entry, parallelism } = RUN_OPTIONS;
const TABLE = { ...GENERAL_OPTIONS, entry, parallelism, ...TARGET_OPTIONS } as const;

/** `flink info [-c entry] [-p n] <bundle> <arguments>`: the plan of the program's first `execute`, which is not run. */
export const info: Action = async (io, argv) => {
  const options = parseOptions(TABLE, argv);
  if (options.has('help')) {
    for (const line of actionHelp('info')) io.out(line);
    return 0;
  }
  refuseOrWarn(io, TABLE, options);
  const targets = ['target', 'executor', 'jobManager', 'yarnId'] as const;
  warnOfUnused(io, TABLE, options, targets, 'a plan is made without a cluster');
  const wanted = options.get('parallelism');
  const ownParallelism = wanted === undefined ? undefined : positive(wanted, 'The parallelism');
  const configuration = await loadClientConfiguration(io, parseProperties(options.all('define')));
  const loaded = await loadCommandLineProgram(io, options.args, options.get('entry'));
  const graph = await firstGraph(loaded);
  io.out('----------------------- Execution Plan -----------------------');
  io.out(JSON.stringify(streamPlan(graph, generateOptions(configuration, ownParallelism))));
  io.out('-'.repeat(62));
  return 0;
};

/** Runs `main` up to its first `execute` and leaves it there. */
async function firstGraph({ program, args, sandbox }: LoadedProgram): Promise<StreamGraph> {
  let submit = (_graph: StreamGraph): Promise<never> => new Promise(() => {});
  const first = new Promise<StreamGraph>(resolve => {
    submit = graph => {
      resolve(graph);
      return new Promise(() => {});
    };
  });
  await runMain(program, args, sandbox, { submit, enough: first });
  return first;
}
