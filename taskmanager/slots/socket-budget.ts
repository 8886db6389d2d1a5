import { readFileSync } from 'node:fs';
import { MillraceError } from '../../core/errors.js';
import type { TaskDeploymentDescriptor } from '../../core/protocol/index.js';

/** For everything else that a process has open. */
const OTHER_FILES = 256;

/**
 * The sockets that the slots of this process need to those of other TaskManagers: one for each pair of slots, and about as
 * many that others dial here. A process that runs out of file handles can open no log, accept nobody and start no thread,
 * so a job that needs more is refused.
 */
export class SocketBudget {
  private readonly bySlot = new Map<number, number>();

  constructor(private readonly openFiles: number = openFilesLimit()) {}

  /** Counts what a slot is to run. Throws INVALID_RESOURCE_REQUEST, with figures, if it is too much. */
  take(slot: number, tasks: readonly TaskDeploymentDescriptor[]): void {
    const producers = new Set<string>();
    for (const { inputs } of tasks) {
      for (const { channels } of inputs) {
        for (const { producer, sameTaskManager } of channels) {
          if (!sameTaskManager) producers.add(`${producer.host}:${producer.port}`);
        }
      }
    }
    const sockets = 2 * producers.size;
    let total = sockets;
    for (const [other, n] of this.bySlot) if (other !== slot) total += n;
    if (total > this.openFiles - OTHER_FILES) {
      throw new MillraceError(
        'INVALID_RESOURCE_REQUEST',
        `Two slots of different TaskManagers that exchange records need a socket. Slot ${slot} alone would have ${sockets}, ` +
          `with it this TaskManager ${total}; it may have ${this.openFiles} open files. ` +
          'Lower the parallelism, or raise the limit of open files (ulimit -n) where TaskManagers are started.',
        { domain: 'user' },
      );
    }
    this.bySlot.set(slot, sockets);
  }

  give(slot: number): void {
    this.bySlot.delete(slot);
  }
}

/** Node raises its own limit as far as it may. */
function openFilesLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
