import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { RestartStrategies, WriteMode } from '../../../api/index.js';
import { type MillraceError, rootCause } from '../../../core/errors.js';
import { eventually } from '../../testing/eventually.js';
import { tempDir } from '../../testing/temp-dir.js';
import { reaches, runs, TestingCluster } from '../testing-cluster.js';

describe('JobMaster', () => {
  let cluster: TestingCluster;
  afterEach(() => cluster.close());

  describe('failures of user code', () => {
    it('fails the job with the exception as root cause, with its file and line in the stack', async () => {
      cluster = await TestingCluster.start();
      const job = cluster.submit(env => {
        env
          .fromElements('1', 'x')
          .map(text => {
            if (Number.isNaN(Number(text))) throw new RangeError(`"${text}" is no number`);
            return Number(text);
          })
          .name('Parse')
          .print();
      });
      await job.ended;
      expect(job.status).to.equal('FAILED');
      const root = rootCause(job.failure) as Error;
      expect(root.name).to.equal('RangeError');
      expect(root.message).to.equal('"x" is no number');
      expect(root.stack).to.match(/job-master\.test\.ts:\d+/);
      expect(job.failures[0]).to.include({
        task: 'Source: Collection Source -> Parse -> Sink: Print to Std. Out (1/1)',
      });
      expect(job.failures[0]?.taskManagerId).to.equal('local-1');
      await eventually(() => cluster.freeSlots === 1);
    });

    it('reports the first failure of an attempt, not what it caused in other tasks', async () => {
      cluster = await TestingCluster.start({ taskManagers: 2, slots: 1 });
      const job = cluster.submit(
        env => {
          const numbers = env.fromSequence(0, Number.MAX_SAFE_INTEGER).rebalance();
          numbers
            .map(n => {
              if (n === 5000) throw new Error('the first');
              return n;
            })
            .filter(() => false)
            .print();
        },
        'two',
        2,
      );
      await job.ended;
      expect((rootCause(job.failure) as Error).message).to.equal('the first');
      await eventually(() => cluster.freeSlots === 2);
    });
  });

  describe('restarts', () => {
    it('does not happen by default', async () => {
      cluster = await TestingCluster.start();
      const job = cluster.submit(env => {
        env.fromElements(1).map(failing(1)).print();
      });
      await job.ended;
      expect([job.status, job.restarts]).to.deep.equal(['FAILED', 0]);
    });

    it('runs the job again as often as fixed-delay allows, then fails it with the last reason', async () => {
      cluster = await TestingCluster.start();
      const job = cluster.submit(env => {
        env.setRestartStrategy(RestartStrategies.fixedDelayRestart(2, 1));
        env.fromElements(1).map(failing(5)).print();
      });
      await job.ended;
      expect([job.status, job.restarts]).to.deep.equal(['FAILED', 2]);
      expect((rootCause(job.failure) as Error).message).to.equal('failure 3');
      expect(job.failures.map(f => (rootCause(f.error) as Error).message)).to.deep.equal([
        'failure 1',
        'failure 2',
        'failure 3',
      ]);
    });

    it('takes the strategy of the configuration where the program has none', async () => {
      const conf = {
        'restart-strategy': 'fixed-delay',
        'restart-strategy.fixed-delay.attempts': '3',
        'restart-strategy.fixed-delay.delay': '1 ms',
      };
      cluster = await TestingCluster.start({ conf });
      const job = cluster.submit(env => {
        env.fromElements(1).map(failing(2)).print();
      });
      await job.ended;
      expect([job.status, job.restarts]).to.deep.equal(['FINISHED', 2]);
      expect(job.failure).to.equal(undefined);
      expect(cluster.printed).to.deep.equal(['1\n']);
    });

    it('replaces the output of the earlier attempt, although NO_OVERWRITE was asked for', async () => {
      cluster = await TestingCluster.start({ slots: 2 });
      const out = join(tempDir(), 'out');
      let attempt = 1;
      const job = cluster.submit(
        env => {
          env.setRestartStrategy(RestartStrategies.fixedDelayRestart(1, 1));
          env
            .fromSequence(1, 100)
            .map(async n => {
              if (n === 1 && attempt === 1) {
                // The other subtask's file stands before this one fails.
                await eventually(() => existsSync(join(out, '2')));
                attempt++;
                throw new Error('failure');
              }
              return `attempt ${attempt}`;
            })
            .writeAsText(out);
        },
        'replace',
        2,
      );
      await job.ended;
      expect([job.status, job.restarts]).to.deep.equal(['FINISHED', 1]);
      const lines = [1, 2].flatMap(i =>
        readFileSync(join(out, String(i)), 'utf8')
          .trim()
          .split('\n'),
      );
      expect(lines).to.deep.equal(Array.from({ length: 100 }, () => 'attempt 2'));
    });

    it('replaces the whole of an older output under OVERWRITE, also files that it does not write itself', async () => {
      cluster = await TestingCluster.start({ slots: 2 });
      const out = join(tempDir(), 'out');
      mkdirSync(out);
      for (const name of ['1', '2', '3']) writeFileSync(join(out, name), 'old');
      const job = cluster.submit(env => void env.fromSequence(1, 4).writeAsText(out, WriteMode.OVERWRITE), 'over', 2);
      await job.ended;
      expect(job.status).to.equal('FINISHED');
      expect(readdirSync(out).sort()).to.deep.equal(['1', '2']);
    });

    it('leaves nothing of its own where it expects the whole result, when it has failed', async () => {
      cluster = await TestingCluster.start({ slots: 2 });
      const out = join(tempDir(), 'out');
      const job = cluster.submit(
        env => {
          env
            .fromSequence(1, 100)
            .map(async n => {
              if (n !== 1) return n;
              await eventually(() => existsSync(join(out, '2')));
              throw new Error('failure');
            })
            .writeAsText(out);
        },
        'half',
        2,
      );
      await job.ended;
      expect(job.status).to.equal('FAILED');
      expect(existsSync(out)).to.equal(false);
    });

    it('refuses an output that was there before the job, once, and leaves it alone', async () => {
      cluster = await TestingCluster.start({ conf: { 'restart-strategy': 'fixed-delay' } });
      const out = join(tempDir(), 'out');
      writeFileSync(out, 'precious');
      const job = cluster.submit(env => {
        env.fromElements(1).writeAsText(out);
      });
      await job.ended;
      expect([job.status, job.restarts]).to.deep.equal(['FAILED', 0]);
      expect((job.failure as MillraceError).code).to.equal('FILE_ALREADY_EXISTS');
      expect(job.failure?.message).to.contain(out);
      expect(readFileSync(out, 'utf8')).to.equal('precious');
    });
  });

  describe('cancellation', () => {
    it('ends a job that waits for slots', async () => {
      cluster = await TestingCluster.start();
      const first = cluster.submitEndless(1);
      await runs(first);
      const waiting = cluster.submitEndless(1);
      await eventually(() => waiting.waitingFor());
      waiting.cancel();
      await waiting.ended;
      expect(waiting.status).to.equal('CANCELED');
      expect(waiting.waitingFor()).to.equal(undefined);
      expect(first.status).to.equal('RUNNING');
    });

    it('ends a job in the turn in which it was submitted', async () => {
      cluster = await TestingCluster.start();
      const job = cluster.submitEndless(1);
      job.cancel();
      await job.ended;
      expect(job.status).to.equal('CANCELED');
      expect(cluster.freeSlots).to.equal(1);
    });

    it('ends a job whose tasks are being deployed', async () => {
      cluster = await TestingCluster.start({ slots: 2 });
      const job = cluster.submitEndless(2);
      await eventually(() => job.graph.executions.some(e => e.state === 'DEPLOYING'), { interval: 0 });
      job.cancel();
      await job.ended;
      expect(job.status).to.equal('CANCELED');
      await eventually(() => cluster.freeSlots === 2);
    });

    it('ends a running job', async () => {
      cluster = await TestingCluster.start({ slots: 2 });
      const job = cluster.submitEndless(2);
      await runs(job);
      job.cancel();
      job.cancel();
      await job.ended;
      expect(job.status).to.equal('CANCELED');
      expect(job.graph.executions.map(e => e.state)).to.deep.equal(['CANCELED', 'CANCELED']);
      await eventually(() => cluster.freeSlots === 2);
    });

    it('ends a job that waits for its restart', async () => {
      cluster = await TestingCluster.start();
      const job = cluster.submit(env => {
        env.setRestartStrategy(RestartStrategies.fixedDelayRestart(1, 60_000));
        env.fromElements(1).map(failing(1)).print();
      });
      await reaches(job, 'RESTARTING');
      expect(job.waitingFor()).to.equal('restarts in 60 s after: failure 1');
      job.cancel();
      await job.ended;
      expect(job.status).to.equal('CANCELED');
      expect(job.failure).to.equal(undefined);
    });

    it('wins over a failure that is being handled', async () => {
      cluster = await TestingCluster.start({ slots: 2 });
      const job = cluster.submitEndless(2, 'failing', 5);
      await runs(job);
      const [execution] = job.graph.executions;
      job.updateTask({ jobId: job.job.jobId, executionId: execution!.id, state: 'FAILED' });
      expect(job.status).to.equal('FAILING');
      job.cancel();
      await job.ended;
      expect([job.status, job.restarts]).to.deep.equal(['CANCELED', 0]);
    });
  });

  it('drops messages of an earlier attempt', async () => {
    cluster = await TestingCluster.start();
    const job = cluster.submitEndless(1, 'twice', 1);
    await runs(job);
    const { jobId } = job.job;
    const old = job.graph.executions[0]!.id;
    job.updateTask({ jobId, executionId: old, state: 'FAILED' });
    await eventually(() => job.restarts === 1);
    await runs(job);
    for (const state of ['FAILED', 'FINISHED', 'CANCELED'] as const) {
      cluster.master.dispatcher.updateTask({ jobId, executionId: old, state });
    }
    expect([job.status, job.graph.executions[0]!.state, job.restarts]).to.deep.equal(['RUNNING', 'RUNNING', 1]);
  });
});

/** A function that throws the first `times` times, over all attempts. */
function failing(times: number): (record: number) => number {
  let failures = 0;
  return record => {
    if (failures < times) throw new Error(`failure ${++failures}`);
    return record;
  };
}
