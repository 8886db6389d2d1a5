import { expect } from 'chai';
import { explainExit } from '../../../../../applicationmaster/resourcemanager/drivers/yarn/container-exit.js';
import type { ContainerStatus } from '../../../../../yarn-bridge/rpc/index.js';

const SIZE = { memoryMb: 512, vcores: 1 };
const explain = (exit_status: number, diagnostics = ''): ReturnType<typeof explainExit> =>
  explainExit({ exit_status, diagnostics } as ContainerStatus, SIZE);

describe('why a container has ended', () => {
  it('is the memory that it used, what it was allowed, and the flag to raise', () => {
    const usage = (kind: string): string =>
      `[2026-11-24 09:51:15.123]Container [pid=1,containerID=c] is running 9B beyond the '${kind}' memory limit. ` +
      'Current usage: 520.1 MB of 512 MB physical memory used; 11.9 GB of 1.1 GB virtual memory used. Killing container.\n';
    const physical = explain(-104, usage('PHYSICAL'));
    expect(physical.message).to.equal(
      'YARN killed its container for running beyond physical memory limits (it used 520.1 MB of 512 MB): ' +
        'raise -tm (taskmanager.memory.process.size, now 512 MB).',
    );
    const virtual = explain(-103, usage('VIRTUAL'));
    expect(virtual.message).to.contain('(it used 11.9 GB of 1.1 GB): raise -tm').and.contain('no WebAssembly');
    expect([physical.code, virtual.code]).to.deep.equal(['OUT_OF_MEMORY', 'OUT_OF_MEMORY']);
    expect(explain(-104).message).to.contain('memory limits: raise -tm');
  });

  it('is its exit status and what it wrote last, without stacks and what Node and YARN write around it', () => {
    const diagnostics = [
      '[2026-11-24 09:51:15.123]Exception from container-launch.\nContainer id: c\nExit code: 1\n',
      '[2026-11-24 09:51:15.124]Container exited with a non-zero exit code 1. Error file: prelaunch.err.',
      'Last 4096 bytes of prelaunch.err :',
      'Last 4096 bytes of stderr :',
      'file:///x/runtime/taskmanager.js:12',
      'a long line of code',
      '     ^',
      "Error: Cannot find module '/x/runtime/taskmanager.js'",
      '    at Module._resolveFilename (node:internal/modules/cjs/loader:1)',
      '',
      'Node.js v20.19.0',
      '[2026-11-24 09:51:15.125]Container exited with a non-zero exit code 1. Error file: prelaunch.err.',
      'Last 4096 bytes of prelaunch.err :',
      'Last 4096 bytes of stderr :',
      "Error: Cannot find module '/x/runtime/taskmanager.js'",
    ].join('\n');
    const { message, domain } = explain(1, diagnostics);
    expect(message).to.equal(
      "Its process ended with exit status 1:\n  Error: Cannot find module '/x/runtime/taskmanager.js'",
    );
    // It ended by itself: what the TaskManager said itself, if it did, is better.
    expect(domain).to.equal('cluster');
    expect(explain(137).message).to.equal('Its process ended with exit status 137 (signal 9).');
  });

  it('is the heap, when that is what the process says', () => {
    const { message, code } = explain(
      134,
      'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    );
    expect(code).to.equal('OUT_OF_MEMORY');
    expect(message).to.contain('ran out of JavaScript heap (exit status 134): raise -tm');
  });

  it("is YARN's doing, in words", () => {
    expect(explain(-102).message).to.equal('YARN preempted its container for another application.');
    expect(explain(-100, 'Container released on a *lost* node').message).to.contain(
      'lost the node: Container released',
    );
    expect(explain(-102).domain).to.equal('external');
  });
});
