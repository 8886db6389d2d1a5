import { expect } from 'chai';
import { StreamExecutionEnvironment } from '../../api/index.js';
import { Configuration } from '../../core/config/index.js';
import type { MillraceError } from '../../core/errors.js';
import { generateJobGraph } from '../../core/graph/index.js';
import { type JobFunctions, LocalExecutor, type LocalJob, MiniCluster } from '../../minicluster/index.js';
import { eventually } from '../testing/eventually.js';

describe('MiniCluster', () => {
  let cluster: MiniCluster;
  const printed: string[] = [];
  const print = (_: 'out' | 'err', text: string): void => void printed.push(text);

  beforeEach(() => void (printed.length = 0));
  afterEach(() => cluster?.close());

  function submit(build: (env: StreamExecutionEnvironment) => void, parallelism = 1): LocalJob {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    build(env);
    const graph = env.getStreamGraph('local');
    const functions: JobFunctions = new Map(graph.nodes.map(n => [n.operatorId, n.functions]));
    return cluster.submit(generateJobGraph(graph, { defaultParallelism: parallelism }), functions);
  }

  it('runs jobs side by side and one after another, each with its own result', async () => {
    cluster = await MiniCluster.start({ taskManagers: 2, slotsPerTaskManager: 1, print });
    const jobs = [1, 2, 3, 4].map(n => submit(env => void env.fromElements(n).print()));
    const results = await Promise.all(jobs.map(job => job.result()));
    expect(results.map(r => r.jobId)).to.deep.equal(jobs.map(job => job.jobId));
    expect(printed.sort()).to.deep.equal(['1\n', '2\n', '3\n', '4\n']);
    expect(jobs.map(job => job.status)).to.deep.equal(['FINISHED', 'FINISHED', 'FINISHED', 'FINISHED']);
  });

  it('tells a failure with the root cause as cause', async () => {
    cluster = await MiniCluster.start({ print });
    const job = submit(env => {
      env
        .fromElements(1)
        .map(() => {
          throw new RangeError('mine');
        })
        .print();
    });
    const error = await job.result().then(
      () => undefined,
      (e: unknown) => e as MillraceError,
    );
    expect(error?.code).to.equal('JOB_FAILED');
    expect(error?.domain).to.equal('user');
    expect(error?.cause).to.be.instanceOf(Error).and.include({ name: 'RangeError', message: 'mine' });
  });

  it('runs a job only where each of its sharing groups has slots of its own', async () => {
    const grouped = (env: StreamExecutionEnvironment): void => {
      env
        .fromSequence(1, 4)
        .map(n => n)
        .slotSharingGroup('other')
        .print();
    };
    // Enough for the wider group, not for both.
    cluster = await MiniCluster.start({ slotsPerTaskManager: 3, print });
    expect(() => submit(grouped, 2)).to.throw(/needs 4 slots, session is capped at 3/);
    await cluster.close();
    cluster = await MiniCluster.start({ slotsPerTaskManager: 4, print });
    await submit(grouped, 2).result();
    expect(printed.join('').trim().split('\n')).to.have.length(4);
  });

  it('cancels what runs when it closes', async () => {
    cluster = await MiniCluster.start({ slotsPerTaskManager: 2, print });
    const endless = (env: StreamExecutionEnvironment): void => {
      env
        .fromSequence(0, Number.MAX_SAFE_INTEGER)
        .filter(() => false)
        .print();
    };
    const [running, waiting] = [submit(endless, 2), submit(endless, 2)];
    await eventually(() => running!.status === 'RUNNING');
    await cluster.close();
    expect([running!.status, waiting!.status]).to.deep.equal(['CANCELED', 'CANCELED']);
  });

  it('gives a job of createLocalEnvironment as many slots as it needs, and is gone after it', async () => {
    const executor = new LocalExecutor({ configuration: Configuration.from({ 'parallelism.default': '3' }), print });
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env
      .fromSequence(1, 30)
      .map(n => n)
      .setParallelism(2)
      .print();
    const job = await executor.execute(env.getStreamGraph('sized'));
    await job.result();
    const lines = printed.join('').trim().split('\n');
    expect(lines).to.have.length(30);
    // Three subtasks of the sink: their prefix says which.
    expect(new Set(lines.map(line => line.split('>')[0]))).to.deep.equal(new Set(['1', '2', '3']));
  });
});
