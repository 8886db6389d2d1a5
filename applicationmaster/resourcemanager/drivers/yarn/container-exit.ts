import { MillraceError } from '../../../../core/errors.js';
import type { ContainerStatus } from '../../../../yarn-bridge/rpc/index.js';

export interface ContainerSize {
  memoryMb: number;
  vcores: number;
}

/** Exit statuses that are YARN's own, not the process's. */
const OF_YARN: Readonly<Record<number, string>> = {
  [-100]: 'YARN took its container back, or lost the node',
  [-101]: "the node's disks failed",
  [-102]: 'YARN preempted its container for another application',
  [-105]: 'its container was stopped',
  [-106]: 'the ResourceManager ended its container',
  [-107]: 'the application was over',
  [-108]: 'the NodeManager made room for another container',
  [-109]: 'it wrote more logs than YARN allows',
  [-1000]: 'its container could not be set up on the node',
};
const BEYOND_VIRTUAL_MEMORY = -103;
const BEYOND_PHYSICAL_MEMORY = -104;
/** What V8 ends with when its heap is full: SIGABRT, or SIGTRAP in some builds. */
const HEAP_EXHAUSTED = /JavaScript heap out of memory|Allocation failed|CALL_AND_RETRY_LAST/;

/** Why a container is gone, in words: what happened, with figures, and the flag to raise where memory was short. */
export function explainExit(
  { exit_status = -1000, diagnostics = '' }: ContainerStatus,
  size: ContainerSize,
): MillraceError {
  const lost = (message: string): MillraceError =>
    new MillraceError('TASK_MANAGER_LOST', message, { context: { exit_status } });
  const raise = `raise -tm (taskmanager.memory.process.size, now ${size.memoryMb} MB)`;
  const outOfMemory = (message: string): MillraceError =>
    new MillraceError('OUT_OF_MEMORY', message, { domain: 'user', context: { exit_status } });
  const usage = usageIn(diagnostics);
  if (exit_status === BEYOND_PHYSICAL_MEMORY) {
    const figures = usage ? ` (it used ${usage.physical} of ${usage.physicalLimit})` : '';
    return outOfMemory(`YARN killed its container for running beyond physical memory limits${figures}: ${raise}.`);
  }
  if (exit_status === BEYOND_VIRTUAL_MEMORY) {
    const figures = usage ? ` (it used ${usage.virtual} of ${usage.virtualLimit})` : '';
    return outOfMemory(
      `YARN killed its container for running beyond virtual memory limits${figures}: ${raise}, lower -s, use no fetch and no WebAssembly ` +
        "(each reserves 10 GB), or let the cluster's operators set yarn.nodemanager.vmem-check-enabled to false or raise yarn.nodemanager.vmem-pmem-ratio.",
    );
  }
  const ownWords = lastWords(diagnostics);
  if (exit_status > 0) {
    if (HEAP_EXHAUSTED.test(diagnostics)) {
      return outOfMemory(`Its process ran out of JavaScript heap (exit status ${exit_status}): ${raise}, or lower -s.`);
    }
    const signal = exit_status > 128 ? ` (signal ${exit_status - 128})` : '';
    return lost(`Its process ended with exit status ${exit_status}${signal}${ownWords ? `:\n  ${ownWords}` : '.'}`);
  }
  if (exit_status === 0) return lost('Its process ended by itself.');
  const known = OF_YARN[exit_status] ?? `YARN gives exit status ${exit_status}`;
  const first = firstLine(diagnostics);
  const message = `${known}${first ? `: ${first}` : '.'}`;
  return new MillraceError('TASK_MANAGER_LOST', message, { domain: 'external', context: { exit_status } });
}

const QUOTED_LINES = 5;
const QUOTED_LENGTH = 600;
/** `file:///x/y.js:3`, the line itself, and a caret under it. */
const CODE_FRAME = /^\S+:\d+\n.*\n\s*\^+\s*$/gm;
/** Stack frames, Node's frame around an uncaught error, and what the NodeManager writes between the files. */
const NO_WORDS = /^(at |\[[\d-]+ [\d:.]+\]|Last \d+ bytes of |Error files?: |Node\.js v|throw |\^+$|node:internal)/;

interface MemoryUsage {
  physical: string;
  physicalLimit: string;
  virtual: string;
  virtualLimit: string;
}

/** `Current usage: 520.1 MB of 512 MB physical memory used; 1.9 GB of 1.1 GB virtual memory used.` */
function usageIn(diagnostics: string): MemoryUsage | undefined {
  const amount = '([\\d.]+ ?[KMGT]?B)';
  const pattern = `Current usage: ${amount} of ${amount} physical memory used; ${amount} of ${amount} virtual memory used`;
  const found = new RegExp(pattern).exec(diagnostics);
  if (!found) return undefined;
  const [, physical, physicalLimit, virtual, virtualLimit] = found as unknown as [
    string,
    string,
    string,
    string,
    string,
  ];
  return { physical, physicalLimit, virtual, virtualLimit };
}

/** The last lines that the process wrote to standard error, as far as YARN quotes them; stack frames tell nobody much. */
function lastWords(diagnostics: string): string | undefined {
  const quoted = /Last \d+ bytes of \S+ ?:\s*\n([\s\S]*)$/.exec(diagnostics)?.[1];
  const lines = quoted
    ?.replace(CODE_FRAME, '')
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !NO_WORDS.test(line));
  return [...new Set(lines)].slice(-QUOTED_LINES).join('\n  ').slice(-QUOTED_LENGTH) || undefined;
}

function firstLine(diagnostics: string): string | undefined {
  return diagnostics
    .split('\n')
    .map(line => line.replace(/^\[[\d-]+ [\d:.]+\]/, '').trim())
    .find(line => line !== '' && line !== 'N/A')
    ?.slice(0, 300);
}
