import { type Configuration, Options } from '../../core/config/index.js';
import { MillraceError } from '../../core/errors.js';
import type { HadoopConfiguration } from '../../yarn-bridge/conf/index.js';
import type { NewApplication, Queue } from '../../yarn-bridge/rest/index.js';
import type { ClusterSpecification } from './cluster-specification.js';

/**
 * Address space of Node 20: what it takes before it does anything, and what each worker thread (slot) may come to with
 * its heap in use.
 */
const NODE_VIRTUAL_MB = 800;
const SLOT_VIRTUAL_MB = 530;

interface Request {
  what: string;
  flag: string;
  memoryMb: number;
  vcores: number;
  /** Worker threads in it. */
  slots: number;
}

/** What YARN will be asked for: the two kinds of container. */
export function containerVcores(configuration: Configuration): number {
  const configured = configuration.get(Options.yarnContainersVcores);
  return configured > 0 ? configured : configuration.get(Options.taskManagerSlots);
}

function requests(specification: ClusterSpecification, configuration: Configuration): Request[] {
  const { masterMemoryMb, taskManagerMemoryMb, slotsPerTaskManager } = specification;
  return [
    {
      what: 'JobManager',
      flag: '-jm',
      memoryMb: masterMemoryMb,
      vcores: configuration.get(Options.yarnAppMasterVcores),
      slots: 0,
    },
    {
      what: 'TaskManager',
      flag: '-tm',
      memoryMb: taskManagerMemoryMb,
      vcores: containerVcores(configuration),
      slots: slotsPerTaskManager,
    },
  ];
}

/** Refuses what this YARN can never give, before anything is submitted. */
export function checkAgainstYarn(
  specification: ClusterSpecification,
  configuration: Configuration,
  { maximumMemoryMb, maximumVcores }: Pick<NewApplication, 'maximumMemoryMb' | 'maximumVcores'>,
  hadoop: HadoopConfiguration,
): void {
  for (const request of requests(specification, configuration)) {
    const { what, flag, memoryMb, vcores } = request;
    if (memoryMb > maximumMemoryMb) {
      throw refusal(
        `The ${what} asks for ${memoryMb} MB (${flag}), but this cluster's largest container is ${maximumMemoryMb} MB ` +
          '(yarn.scheduler.maximum-allocation-mb): lower it, or ask for that limit to be raised.',
      );
    }
    if (vcores > maximumVcores) {
      const why = what === 'TaskManager' ? 'one for each slot: -s, or yarn.containers.vcores' : 'yarn.appmaster.vcores';
      throw refusal(
        `The ${what} asks for ${vcores} virtual cores (${why}), but this cluster's largest container has ${maximumVcores} ` +
          '(yarn.scheduler.maximum-allocation-vcores).',
      );
    }
    checkVirtualMemory(request, hadoop);
  }
}

/** NodeManagers that count virtual memory kill what reserves more than a multiple of its size. */
function checkVirtualMemory({ what, flag, memoryMb, slots }: Request, hadoop: HadoopConfiguration): void {
  const isOn =
    hadoop.getBoolean('yarn.nodemanager.vmem-check-enabled', true) &&
    // Otherwise NodeManagers leave memory to cgroups, where virtual memory does not count.
    !hadoop.getBoolean('yarn.nodemanager.resource.memory.enforced', true);
  if (!isOn) return;
  const ratio = hadoop.getNumber('yarn.nodemanager.vmem-pmem-ratio', 2.1);
  const needed = NODE_VIRTUAL_MB + slots * SLOT_VIRTUAL_MB;
  if (needed <= memoryMb * ratio) return;
  const threads = slots > 0 ? ` and ${SLOT_VIRTUAL_MB} MB for each of ${slots} slots` : '';
  throw refusal(
    `The ${what}'s container of ${memoryMb} MB (${flag}) would be killed: YARN checks virtual memory and allows ` +
      `${Math.floor(memoryMb * ratio)} MB (${ratio} times the size, yarn.nodemanager.vmem-pmem-ratio), while Node needs ` +
      `${NODE_VIRTUAL_MB} MB${threads}, ${needed} MB together. Take at least ${Math.ceil(needed / ratio)} MB, fewer slots, or have ` +
      'yarn.nodemanager.vmem-check-enabled turned off.',
  );
}

/** Says what YARN will allot where that is more than was asked for. */
export function describeRounding(
  specification: ClusterSpecification,
  configuration: Configuration,
  hadoop: HadoopConfiguration,
): string[] {
  const key = 'yarn.scheduler.minimum-allocation-mb';
  // Not in this host's files: the ResourceManager may have another value than Hadoop's default.
  if (hadoop.getExplicit(key) === undefined) return [];
  const step = hadoop.getInt(key);
  return requests(specification, configuration)
    .filter(({ memoryMb }) => step > 0 && memoryMb % step !== 0)
    .map(({ what, memoryMb }) => {
      const allotted = Math.ceil(memoryMb / step) * step;
      return `YARN rounds the ${what}'s ${memoryMb} MB up to ${allotted} MB (${key} is ${step})`;
    });
}

/** The queue by the name or path that -qu gave; an unknown one is an error with those that there are. */
export function findQueue(name: string, queues: readonly Queue[]): Queue {
  const leaves = queues.filter(queue => queue.leaf);
  const found = leaves.find(queue => queue.path === name || queue.path === `root.${name}` || queue.name === name);
  if (found && found.state !== 'RUNNING') {
    throw refusal(`The queue '${name}' (-qu, yarn.application.queue) is ${found.state}: it takes no applications.`);
  }
  if (found) return found;
  const parent = queues.find(queue => queue.path === name || queue.name === name);
  const names = leaves.map(queue => queue.name).join(', ');
  throw refusal(
    parent
      ? `The queue '${name}' takes no applications itself (-qu, yarn.application.queue); those that do: ${names}.`
      : `There is no queue '${name}' (-qu, yarn.application.queue); this cluster has ${names}.`,
  );
}

function refusal(message: string): MillraceError {
  return new MillraceError('INVALID_RESOURCE_REQUEST', message, { domain: 'user' });
}
