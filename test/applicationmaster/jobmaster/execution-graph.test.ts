import { expect } from 'chai';
import { ExecutionGraph } from '../../../applicationmaster/jobmaster/execution-graph.js';
import type { SlotLease } from '../../../applicationmaster/resourcemanager/registered-task-manager.js';
import { SystemClock } from '../../../core/clock.js';
import { silentLogger } from '../../../core/logging.js';
import { TestingJob } from '../../taskmanager/testing-job.js';

describe('what an ExecutionGraph deploys', () => {
  it('says for each channel whether its producer is in the same slot, the same TaskManager, or another', () => {
    const job = new TestingJob();
    job.sequence(1, 9, 4).by('rebalance').print('', { parallelism: 4 });
    const graph = new ExecutionGraph(job.graph(4), 0, { clock: SystemClock, logger: silentLogger });
    // Two TaskManagers on one host, two slots each: the address says nothing of who is whose.
    graph.assignSlots(
      [0, 1, 2, 3].map(
        (i): SlotLease => ({
          taskManagerId: i < 2 ? 'a' : 'b',
          slotIndex: i % 2,
          allocationId: `${i}`,
          jobId: 'j',
          data: { host: 'h', port: i },
          gateway: {} as SlotLease['gateway'],
        }),
      ),
    );
    const channels = [...graph.deployments()]
      .flatMap(([, tasks]) => tasks)
      .filter(d => d.inputs.length > 0)
      .map(d => d.inputs[0]!.channels);
    const places = channels.map(list =>
      list.map(c => (c.sameSlot ? 'slot' : c.sameTaskManager ? 'TaskManager' : 'other')),
    );
    expect(places).to.deep.equal([
      ['slot', 'TaskManager', 'other', 'other'],
      ['TaskManager', 'slot', 'other', 'other'],
      ['other', 'other', 'slot', 'TaskManager'],
      ['other', 'other', 'TaskManager', 'slot'],
    ]);
    expect(channels[0]!.map(c => c.producer.port)).to.deep.equal([0, 1, 2, 3]);
  });
});
