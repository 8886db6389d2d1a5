import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { RestartStrategies, RuntimeExecutionMode, type StreamExecutionEnvironment } from '../../../api/index.js';
import type { JobMaster } from '../../../applicationmaster/index.js';
import { filesHeld } from '../../taskmanager/batch/spilled.js';
import { eventually } from '../../testing/eventually.js';
import { reaches, TestingCluster } from '../testing-cluster.js';

type Pair = [key: number, n: number];

const held = (): number => filesHeld(join(tmpdir(), 'millrace-spill-')) ?? 0;

describe('a batch job', function () {
  this.timeout(30_000);
  let cluster: TestingCluster;
  before(async () => {
    cluster = await TestingCluster.start({ taskManagers: 2, slots: 1 });
  });
  after(() => cluster.close());

  /** Three vertices of two subtasks, in groups of their own; `last` sees each sum. */
  function sums(
    last: (sum: Pair) => unknown,
    settings: (env: StreamExecutionEnvironment) => void = () => {},
  ): JobMaster {
    return cluster.submit(
      env => {
        settings(env.setRuntimeMode(RuntimeExecutionMode.BATCH));
        env
          .fromSequence(1, 20_000)
          .map((n): Pair => [n % 100, 1])
          .keyBy(0)
          .sum(1)
          .slotSharingGroup('sums')
          .rebalance()
          .map(last)
          .slotSharingGroup('last')
          .filter(() => false)
          .print();
      },
      'sums',
      2,
    );
  }
  async function isGone(): Promise<void> {
    await eventually(() => cluster.freeSlots === 2);
    await eventually(() => held() === 0);
  }

  it('runs stage by stage in as many slots as the widest takes', async () => {
    let seen = 0;
    const job = sums(([, n]) => {
      seen += n;
    });
    await reaches(job, 'FINISHED');
    expect(seen).to.equal(20_000);
    const stages = job.job.vertices.map(v => job.graph.of(v.id));
    expect(stages.map(s => s.length)).to.deep.equal([2, 2, 2]);
    for (const [i, stage] of stages.slice(1).entries()) {
      const end = Math.max(...stages[i]!.map(e => e.timestamps.FINISHED!));
      for (const e of stage) expect(e.timestamps.DEPLOYING).to.be.at.least(end);
    }
    expect(new Set(job.graph.executions.map(e => e.slot)).size).to.equal(2);
    await isGone();
  });

  it('leaves nothing behind when a later stage fails, and runs again as a whole', async () => {
    let failures = 0;
    const job = sums(
      () => {
        if (failures++ === 0) throw new Error('for the first time');
      },
      env => env.setRestartStrategy(RestartStrategies.fixedDelayRestart(1, 0)),
    );
    await reaches(job, 'FINISHED');
    expect(job.graph.attempt).to.equal(1);
    const last = job.graph.of(job.job.vertices.at(-1)!.id);
    expect(last.reduce((n, e) => n + e.metrics!.recordsIn, 0)).to.equal(100);
    const failing = sums(() => {
      throw new Error('each time');
    });
    await reaches(failing, 'FAILED');
    expect(String(failing.failure)).to.match(/each time/);
    await isGone();
  });

  it('leaves nothing behind when it is canceled between stages that have ended and such that have not begun', async () => {
    let begun = false;
    const job = cluster.submit(
      env => {
        env.setRuntimeMode(RuntimeExecutionMode.BATCH);
        const stuck = env
          .fromSequence(1, 1000)
          .rebalance()
          .map(() => {
            begun = true;
            return new Promise<number>(() => {});
          });
        stuck.rebalance().print();
      },
      'stuck',
      2,
    );
    await eventually(() => begun);
    job.cancel();
    await reaches(job, 'CANCELED');
    const states = job.job.vertices.map(v => job.graph.of(v.id).map(e => e.state));
    expect(states).to.deep.equal([
      ['FINISHED', 'FINISHED'],
      ['CANCELED', 'CANCELED'],
      ['CANCELED', 'CANCELED'],
    ]);
    await isGone();
  });

  it('starts anew when a TaskManager is lost with what an ended stage has left there', async () => {
    let begun = 0;
    let stuck = true;
    const job = cluster.submit(
      env => {
        env.setRuntimeMode(RuntimeExecutionMode.BATCH).setRestartStrategy(RestartStrategies.fixedDelayRestart(1, 0));
        env
          .fromSequence(1, 1000)
          .rebalance()
          .map(n => {
            begun++;
            return stuck ? new Promise<number>(() => {}) : n;
          })
          // In one slot of two: the other one only has what it has left.
          .setParallelism(1)
          .filter(() => false)
          .print();
      },
      'lost',
      2,
    );
    const ofMap = await eventually(() => begun > 0 && job.graph.executions.find(e => e.state === 'RUNNING'));
    stuck = false;
    const idle = cluster.taskManagers.findIndex((_, i) => !ofMap.slot!.taskManagerId.endsWith(String(i + 1)));
    expect(idle).to.be.at.least(0);
    cluster.wires[idle]!.cut();
    await reaches(job, 'FINISHED');
    expect(begun).to.be.greaterThan(1000);
    await isGone();
  });
});
