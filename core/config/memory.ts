import { MillraceError } from '../errors.js';
import type { MemorySplit } from '../protocol/control.js';
import type { Configuration } from './configuration.js';
import { Options } from './options.js';

const MB = 1024 ** 2;

/** Smallest container for either role: 256 MB, so that `-jm 512 -tm 512` is fine. */
export const MINIMUM_PROCESS_SIZE = 256 * MB;
export const DEFAULT_PROCESS_SIZE = 1024 * MB;

/**
 * What an idle process of ours holds before any job: the executable's own pages, V8 and the loaded code
 * (about 60 MB), and 12 MB for each worker thread's isolate.
 */
const CODE_BASE = 64 * MB;
const CODE_PER_SLOT = 12 * MB;

const MINIMUM_HEAP_PER_SLOT = 32 * MB;

interface MemoryFractions {
  network: number;
  managed: number;
}

/** Malloc slack, thread stacks, socket buffers: grows with the size, within bounds. */
function overheadOf(processBytes: number): number {
  return Math.min(512 * MB, Math.max(32 * MB, Math.floor(processBytes * 0.1)));
}

/**
 * The split of a TaskManager's size in bytes. What is left after code, overhead, network and managed memory is heap,
 * in equal shares for the slots. Throws INVALID_RESOURCE_REQUEST if a slot would get less than 32 MB.
 */
export function deriveMemory(
  processBytes: number,
  slots: number,
  fractions: MemoryFractions = { network: 0.1, managed: 0.1 },
): MemorySplit {
  const split = splitOf(processBytes, slots, fractions);
  if (split.heapPerSlot < MINIMUM_HEAP_PER_SLOT) {
    let needed = Math.ceil(processBytes / MB);
    while (splitOf(needed * MB, slots, fractions).heapPerSlot < MINIMUM_HEAP_PER_SLOT) needed++;
    throw new MillraceError(
      'INVALID_RESOURCE_REQUEST',
      `A TaskManager of ${Math.floor(processBytes / MB)} MB with ${slots} slots leaves ${Math.floor(split.heapPerSlot / MB)} MB of heap per slot, ` +
        `at least 32 MB are needed: raise -tm (taskmanager.memory.process.size) to ${needed} MB or lower -s (taskmanager.numberOfTaskSlots)`,
      { domain: 'user', context: { processBytes, slots } },
    );
  }
  return split;
}

function splitOf(processBytes: number, slots: number, fractions: MemoryFractions): MemorySplit {
  const code = CODE_BASE + slots * CODE_PER_SLOT;
  const overhead = overheadOf(processBytes);
  const available = Math.max(0, processBytes - code - overhead);
  const network = Math.floor(available * fractions.network);
  const managed = Math.floor(available * fractions.managed);
  const heapPerSlot = Math.floor((available - network - managed) / slots);
  return { process: processBytes, code, heapPerSlot, network, managed, overhead };
}

/** Old-space limit of the JobManager in bytes: its size without code and overhead. */
export function jobManagerHeap(processBytes: number): number {
  return Math.max(64 * MB, processBytes - CODE_BASE - overheadOf(processBytes));
}

/** `code 88 MB, heap 2 × 340 MB, network 93 MB, managed 93 MB, overhead 102 MB`: printed at start and shown. */
export function describeMemory(split: MemorySplit, slots: number): string {
  const mb = (bytes: number): string => `${Math.round(bytes / MB)} MB`;
  return (
    `${mb(split.process)}: code ${mb(split.code)}, heap ${slots} × ${mb(split.heapPerSlot)}, ` +
    `network ${mb(split.network)}, managed ${mb(split.managed)}, overhead ${mb(split.overhead)}`
  );
}

export function taskManagerMemory(configuration: Configuration): MemorySplit {
  return deriveMemory(
    configuration.get(Options.taskManagerMemory) ?? DEFAULT_PROCESS_SIZE,
    configuration.get(Options.taskManagerSlots),
    { network: configuration.get(Options.networkFraction), managed: configuration.get(Options.managedFraction) },
  );
}
