import { expect } from 'chai';
import { checkAgainstYarn } from '../../../client/deploy/yarn-limits.js';
import { Configuration } from '../../../core/config/index.js';
import { HadoopConfiguration } from '../../../yarn-bridge/conf/index.js';

describe("YARN's check of virtual memory, before anything is submitted", () => {
  const check = (masterMemoryMb: number, taskManagerMemoryMb: number, slots: number, conf = {}): void =>
    checkAgainstYarn(
      { masterMemoryMb, taskManagerMemoryMb, slotsPerTaskManager: slots } as Parameters<typeof checkAgainstYarn>[0],
      Configuration.from({ 'taskmanager.numberOfTaskSlots': String(slots) }),
      { maximumMemoryMb: 8192, maximumVcores: 8 },
      HadoopConfiguration.fromRecord(
        {
          'yarn.nodemanager.vmem-check-enabled': 'true',
          'yarn.nodemanager.resource.memory.enforced': 'false',
          ...conf,
        },
        {},
      ),
    );

  it('lets through what Node and its slots fit into', () => {
    check(512, 1024, 2);
    check(381, 886, 2);
  });

  it('refuses what they do not fit into, and says the least that they do', () => {
    expect(() => check(512, 885, 2)).to.throw(
      "The TaskManager's container of 885 MB (-tm) would be killed: YARN checks virtual memory and allows 1858 MB (2.1 times " +
        'the size, yarn.nodemanager.vmem-pmem-ratio), while Node needs 800 MB and 530 MB for each of 2 slots, 1860 MB ' +
        'together. Take at least 886 MB, fewer slots, or have yarn.nodemanager.vmem-check-enabled turned off.',
    );
    expect(() => check(380, 1024, 2)).to.throw("The JobManager's container of 380 MB (-jm) would be killed");
  });

  it("follows the cluster's ratio, and lets all through where nothing is checked", () => {
    check(256, 512, 2, { 'yarn.nodemanager.vmem-pmem-ratio': '4' });
    check(256, 512, 2, { 'yarn.nodemanager.vmem-check-enabled': 'false' });
    // Hadoop's default: control groups see to memory, where virtual memory does not count.
    check(256, 512, 2, { 'yarn.nodemanager.resource.memory.enforced': 'true' });
  });
});
