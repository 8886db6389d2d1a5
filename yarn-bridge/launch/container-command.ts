import { word } from './shell-text.js';

/** Roles that run in containers: each is a file of the runtime archive. */
export type ContainerRole = 'applicationmaster' | 'taskmanager';

/** Key of the runtime archive in a container: a folder with the role files. */
export const RUNTIME_KEY = 'runtime';
/** Key of the shipped Node executable. */
export const NODE_KEY = 'node';

export interface ContainerCommandOptions {
  /** `./node`, or an absolute path on the NodeManager. */
  node: string;
  role: ContainerRole;
  /** Old-space limit of the main thread. */
  maxOldSpaceMb: number;
  /** More flags for Node. */
  nodeOptions?: readonly string[];
  /** Name of the output files in the container's log folder. */
  logName: 'jobmanager' | 'taskmanager';
}

/**
 * `ln … && exec ./node --max-old-space-size=… runtime/<role>.js 1>… 2>…`: the role's process takes the place of the
 * shell, so that YARN's signals reach it. Nothing else is said on the command line; settings come in files and in the
 * tokens. The file of standard error is also found as `stderr`, of which YARN quotes the end when a container fails.
 */
export function containerCommand({ node, role, maxOldSpaceMb, nodeOptions, logName }: ContainerCommandOptions): string {
  return [
    `ln -sf ${logName}.err <LOG_DIR>/stderr &&`,
    'exec',
    word(node),
    `--max-old-space-size=${Math.floor(maxOldSpaceMb)}`,
    ...(nodeOptions ?? []).map(word),
    `${RUNTIME_KEY}/${role}.js`,
    `1><LOG_DIR>/${logName}.out`,
    `2><LOG_DIR>/${logName}.err`,
  ].join(' ');
}

/**
 * What every container of ours gets. One malloc arena: each further one reserves 64 MB of address space per thread,
 * which YARN's check of virtual memory counts.
 */
export const CONTAINER_ENVIRONMENT: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '1' };
