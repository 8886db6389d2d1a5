import { expect } from 'chai';
import { HadoopConfiguration } from '../../../../yarn-bridge/conf/index.js';
import { MemoryCheck, memoryLimits } from '../../../../yarn-bridge/mini/nodemanager/memory-check.js';
import type { ProcessUsage } from '../../../../yarn-bridge/mini/nodemanager/process-tree.js';

const MB = 1024 ** 2;
const process = (pid: number, rss: number, virtual = rss): ProcessUsage => ({
  ...{ pid, parent: 1, group: 7, name: 'node', userTime: 120, systemTime: 30 },
  ...{ rss: 4096 * Math.round(rss * 256), virtual: Math.round(virtual * MB) },
});

describe("the embedded NodeManager's check of memory", () => {
  let processes: ProcessUsage[];
  const limits = { physical: true, virtual: true, virtualRatio: 2.1 };
  const check = (of = limits): MemoryCheck => new MemoryCheck('container_1', 512, of, () => processes);

  it('counts a process from the second look on', () => {
    const own = check();
    processes = [process(7, 300)];
    expect(own.look(7)).to.equal(undefined);
    processes = [process(7, 300), process(8, 300)];
    expect(own.look(7)).to.equal(undefined);
    expect(own.look(7)?.kind).to.equal('physical');
  });

  it('takes twice the limit for too much at once', () => {
    processes = [process(7, 1025)];
    expect(check().look(7)?.kind).to.equal('physical');
  });

  it('gives the figures as Hadoop does, and the processes', () => {
    const own = check();
    processes = [process(7, 520.1, 1945.6)];
    own.look(7);
    const { kind, diagnostics } = own.look(7)!;
    expect(kind).to.equal('virtual');
    expect(diagnostics).to.match(
      /^Container \[pid=7,containerID=container_1\] is running \d+B beyond the 'VIRTUAL' memory limit\. Current usage: 520\.1 MB of 512 MB physical memory used; 1\.9 GB of 1\.1 GB virtual memory used\. Killing container\.\nDump of the process-tree for container_1 :\n/,
    );
    expect(diagnostics).to.match(/^\t\|- 7 1 7 7 \(node\) 120 30 \d+ \d+/m);
  });

  it('looks at nothing that is switched off, or left to control groups', () => {
    const of = (conf: Record<string, string>): object => memoryLimits(HadoopConfiguration.fromRecord(conf, {}));
    expect(of({})).to.deep.equal({ physical: false, virtual: false, virtualRatio: 2.1 });
    const enforced = 'yarn.nodemanager.resource.memory.enforced';
    expect(of({ [enforced]: 'false' })).to.deep.equal(limits);
    expect(of({ [enforced]: 'false', 'yarn.nodemanager.pmem-check-enabled': 'false' })).to.include({ physical: false });
    processes = [process(7, 5000)];
    expect(check({ ...limits, physical: false, virtual: false }).look(7)).to.equal(undefined);
  });
});
