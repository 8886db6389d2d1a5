import { expect } from 'chai';
import { StreamExecutionEnvironment } from '../../../api/index.js';
import { ExecutionGraph } from '../../../applicationmaster/jobmaster/execution-graph.js';
import type { SlotLease } from '../../../applicationmaster/resourcemanager/registered-task-manager.js';
import { SystemClock } from '../../../core/clock.js';
import { generateJobGraph, slotsNeeded } from '../../../core/graph/index.js';
import { silentLogger } from '../../../core/logging.js';
import { TestingJob } from '../../taskmanager/testing-job.js';

const slot = (i: number): SlotLease => ({
  taskManagerId: i < 2 ? 'a' : 'b',
  slotIndex: i % 2,
  allocationId: `${i}`,
  jobId: 'j',
  data: { host: 'h', port: i },
  gateway: {} as SlotLease['gateway'],
});

describe('what an ExecutionGraph deploys', () => {
  it('says for each channel whether its producer is in the same slot, the same TaskManager, or another', () => {
    const job = new TestingJob();
    job.sequence(1, 9, 4).by('rebalance').print('', { parallelism: 4 });
    const graph = new ExecutionGraph(job.graph(4), 0, { clock: SystemClock, logger: silentLogger });
    // Two TaskManagers on one host, two slots each: the address says nothing of who is whose.
    graph.assignSlots([0, 1, 2, 3].map(slot));
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

  it('puts subtasks of one sharing group together by their index, and those of another into slots of their own', () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env
      .fromSequence(1, 9)
      .setParallelism(3)
      .map(x => x)
      .setParallelism(2)
      .slotSharingGroup('other')
      .print()
      .setParallelism(1)
      .slotSharingGroup('default');
    const job = generateJobGraph(env.getStreamGraph());
    expect(slotsNeeded(job)).to.equal(5);
    const graph = new ExecutionGraph(job, 0, { clock: SystemClock, logger: silentLogger });
    graph.assignSlots(Array.from({ length: slotsNeeded(job) }, (_, i) => slot(i)));
    const slots = Object.fromEntries(
      job.vertices.map(v => [v.name, graph.of(v.id).map(e => Number(e.slot!.allocationId))]),
    );
    expect(slots).to.deep.equal({
      'Source: Sequence Source': [0, 1, 2],
      Map: [3, 4],
      'Sink: Print to Std. Out': [0],
    });
  });
});
