import {
  type Configuration,
  DEFAULT_PROCESS_SIZE,
  describeMemory,
  jobManagerHeap,
  MINIMUM_PROCESS_SIZE,
  Options,
  taskManagerMemory,
} from '../../core/config/index.js';
import { MillraceError } from '../../core/errors.js';

const MB = 1024 ** 2;

/** How large a cluster's processes are. */
export interface ClusterSpecification {
  masterMemoryMb: number;
  taskManagerMemoryMb: number;
  slotsPerTaskManager: number;
  /** -n: so many TaskManagers at once, and never more. */
  taskManagers?: number;
}

/** The sizes that a configuration asks for. Throws INVALID_RESOURCE_REQUEST for what is too small to live in. */
export function clusterSpecification(configuration: Configuration, taskManagers?: number): ClusterSpecification {
  const size = (option: typeof Options.jobManagerMemory, what: string, flag: string): number => {
    const bytes = configuration.get(option) ?? DEFAULT_PROCESS_SIZE;
    if (bytes >= MINIMUM_PROCESS_SIZE) return Math.ceil(bytes / MB);
    const message = `The ${what}'s memory of ${Math.floor(bytes / MB)} MB (${flag}, ${option.key}) is below the minimum of ${MINIMUM_PROCESS_SIZE / MB} MB.`;
    throw new MillraceError('INVALID_RESOURCE_REQUEST', message, { domain: 'user', context: { key: option.key } });
  };
  const specification: ClusterSpecification = {
    masterMemoryMb: size(Options.jobManagerMemory, 'JobManager', '-jm'),
    taskManagerMemoryMb: size(Options.taskManagerMemory, 'TaskManager', '-tm'),
    slotsPerTaskManager: configuration.get(Options.taskManagerSlots),
    ...(taskManagers !== undefined && { taskManagers }),
  };
  // Says so itself if slots × heap do not fit.
  taskManagerMemory(configuration);
  return specification;
}

/** As Flink logs it. */
export function formatSpecification(specification: ClusterSpecification): string {
  const { masterMemoryMb, taskManagerMemoryMb, slotsPerTaskManager } = specification;
  return `ClusterSpecification{masterMemoryMB=${masterMemoryMb}, taskManagerMemoryMB=${taskManagerMemoryMb}, slotsPerTaskManager=${slotsPerTaskManager}}`;
}

/** How the two sizes are split, for people. */
export function describeSplit(specification: ClusterSpecification, configuration: Configuration): string[] {
  const { masterMemoryMb, slotsPerTaskManager } = specification;
  const heap = Math.floor(jobManagerHeap(masterMemoryMb * MB) / MB);
  return [
    `JobManager of ${masterMemoryMb} MB: heap ${heap} MB, the rest code and overhead`,
    `TaskManager of ${describeMemory(taskManagerMemory(configuration), slotsPerTaskManager)}`,
  ];
}
