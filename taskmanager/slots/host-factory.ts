import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { FileSystems } from '../../core/fs/index.js';
import type { OperatorFunctions } from '../../core/graph/index.js';
import { Limiter } from '../../core/limiter.js';
import type { Logger } from '../../core/logging.js';
import type { HostPort, MemorySplit } from '../../core/protocol/index.js';
import type { BufferDebloatOptions } from '../network/buffer-debloater.js';
import { dataRingBytes, type RingMemory } from '../network/ring-memory.js';
import type { SlotHostFactory } from './slot-host.js';
import { type LinkedHost, SlotLinks } from './slot-links.js';
import { WorkerSlotHost } from './worker-slot-host.js';

interface CommonHostOptions {
  /** Interface that the data servers listen on. Default: the host that others reach it by. */
  bindHost?: string;
  /** `taskmanager.data.port`: a port for each slot. Default: any. */
  dataPort?: number | string;
  /** Batches shrink for slow tasks. Default: they do not. */
  debloat?: BufferDebloatOptions;
}

export interface WorkerHostOptions extends CommonHostOptions {
  /** A worker thread for each slot. */
  slotMode: 'worker';
  /** The TaskManager's configuration keys. */
  properties: Record<string, string>;
}

export interface InlineHostOptions extends CommonHostOptions {
  /** All slots in the caller's thread: the MiniCluster. */
  slotMode: 'inline';
  /** The caller's; it closes them. */
  fileSystems: FileSystems;
  /**
   * The functions of a job whose `main` ran in this process, by operator id; each subtask gets copies. Undefined: the
   * job's bundle is bound.
   */
  functionsOf?: (jobId: string) => ReadonlyMap<string, OperatorFunctions> | undefined;
  /** Where print sinks write. Default: standard output and error. */
  print?: (stream: 'out' | 'err', text: string) => void;
}

export type SlotHostOptions = WorkerHostOptions | InlineHostOptions;

interface Surroundings {
  secret: string;
  host: string;
  slots: number;
  memory: MemorySplit;
  tmpDir: string;
  logDir?: string;
}

/** What records that are sorted may have of a slot's heap: the estimate may be wrong by a few times. */
const SORT_SHARE = 8;
/** More is not sorted any faster. */
const LARGEST_SORT = 128 * 1024 * 1024;

/** Threads that start at a time, on however few cores: a start has a deadline, and a hundred at once share them. */
const LEAST_STARTS = 4;

/** How a TaskManager makes the hosts of its slots, which can be joined with each other. */
export function slotHostFactory(options: Surroundings & SlotHostOptions, logger: Logger): SlotHostFactory {
  const { secret, host, slots, memory, tmpDir, logDir } = options;
  const networkMemory = Math.floor(memory.network / slots);
  const common = {
    bindHost: options.bindHost ?? host,
    host,
    port: options.dataPort ?? 0,
    secret,
    networkMemory,
    tmpDir,
    sortMemory: Math.min(LARGEST_SORT, Math.floor(memory.heapPerSlot / SORT_SHARE)),
    ...(options.debloat && { debloat: options.debloat }),
  };
  const links = new SlotLinks(dataRingBytes(networkMemory, slots));
  const onLink = (from: LinkedHost, producer: HostPort): RingMemory => links.connect(from, producer);
  if (options.slotMode === 'inline') {
    const { fileSystems, functionsOf, print } = options;
    return async (index, { onState }) => {
      // Operators and binding are loaded where they run only: with worker threads, not in this one.
      const { InlineSlotHost } = await import('./inline-slot-host.js');
      const slot = await InlineSlotHost.start({
        ...common,
        id: `${host}/${index}`,
        onLink,
        fileSystems,
        logger,
        report: onState,
        ...(functionsOf && { functionsOf }),
        ...(print && { print }),
      });
      links.add(slot);
      return slot;
    };
  }
  const { properties } = options;
  const starting = new Limiter(Math.max(LEAST_STARTS, 2 * availableParallelism()));
  return async (index, events) => {
    const start = (): Promise<WorkerSlotHost> =>
      WorkerSlotHost.start(
        {
          ...common,
          id: `${host}/${index}`,
          index,
          properties,
          // Batches in flight lie on the slot's heap too.
          heapLimit: memory.heapPerSlot + networkMemory,
          processMemory: memory.process,
          ...(logDir !== undefined && { logFile: join(logDir, 'taskmanager.log') }),
        },
        events,
        onLink,
      );
    const slot = await starting.run(start);
    links.add(slot);
    return slot;
  };
}
