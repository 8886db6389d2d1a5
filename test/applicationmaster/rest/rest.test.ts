import { expect } from 'chai';
import { RestartStrategies, RuntimeExecutionMode, type StreamExecutionEnvironment } from '../../../api/index.js';
import { eventually } from '../../testing/eventually.js';
import { reaches, runs, SECRET, TestingCluster, type TestingClusterOptions } from '../testing-cluster.js';

const MB = 1024 ** 2;

describe("the JobManager's REST API", () => {
  let cluster: TestingCluster;
  afterEach(() => cluster.close());

  async function start(options: TestingClusterOptions = {}): Promise<void> {
    cluster = await TestingCluster.start({ access: { type: 'open' }, ...options });
  }
  async function get<T = Record<string, unknown>>(path: string): Promise<T> {
    const response = await fetch(cluster.rest + path);
    expect(response.status, path).to.equal(200);
    return (await response.json()) as T;
  }
  async function refusal(path: string, init: RequestInit = {}): Promise<[number, string]> {
    const response = await fetch(cluster.rest + path, init);
    const body = (await response.json()) as { errors: string[] };
    return [response.status, body.errors.join()];
  }

  it('says what a job waits for, and nothing when it waits for nothing', async () => {
    await start({ slots: 2 });
    const first = cluster.submitEndless(1, 'first');
    await runs(first);
    const second = cluster.submitEndless(2, 'second');
    await eventually(() => second.waitingFor());
    const status = await get(`/jobs/${second.job.jobId}/status`);
    expect(status).to.include({ status: 'CREATED', state: 'CREATED', id: second.job.jobId });
    expect(status['waitingFor']).to.match(/^needs 2 slots, 1 of 2 slots are free/);
    expect(await get(`/v1/jobs/${first.job.jobId}/status`)).to.not.have.property('waitingFor');
  });

  it('says when a job restarts, and why', async () => {
    await start();
    const job = cluster.submit(env => {
      env.setRestartStrategy(RestartStrategies.fixedDelayRestart(1, 60_000));
      env
        .fromElements(1)
        .map(() => {
          throw new RangeError('mine');
        })
        .print();
    });
    await reaches(job, 'RESTARTING');
    const status = await get(`/jobs/${job.job.jobId}/status`);
    expect(status['waitingFor']).to.equal('restarts in 60 s after: mine');
  });

  it('shows the root cause of a failure first, with the author’s file and line', async () => {
    await start();
    const job = cluster.submit(env => {
      env
        .fromElements(1)
        .map(() => {
          throw new RangeError('mine');
        })
        .name('Broken')
        .print();
    });
    await job.ended;
    const exceptions = await get(`/jobs/${job.job.jobId}/exceptions`);
    expect(exceptions['root-exception']).to.match(/^RangeError: mine\n\s+at .*rest\.test\.ts:\d+/);
    const [entry] = (exceptions['exceptionHistory'] as { entries: Array<Record<string, unknown>> }).entries;
    expect(entry).to.include({ exceptionName: 'RangeError', taskManagerId: 'local-1' });
    expect(entry?.['taskName']).to.match(/Broken.* \(1\/1\)$/);
    const result = await get<{ 'job-execution-result': Record<string, unknown> }>(
      `/jobs/${job.job.jobId}/execution-result`,
    );
    expect(result['job-execution-result']).to.include({ 'application-status': 'FAILED' });
    expect(JSON.stringify(result['job-execution-result']['failure-cause'])).to.contain('RangeError');
  });

  it('shows which subtask runs in which slot, and by what each edge passes its records', async () => {
    await start({ taskManagers: 2, slots: 2 });
    const build = (env: StreamExecutionEnvironment): void => {
      const numbers = env.fromSequence(0, Number.MAX_SAFE_INTEGER).filter(() => false);
      numbers.rebalance().print();
    };
    const job = cluster.submit(build, 'spread', 4);
    const path = `/jobs/${job.job.jobId}/physical-graph`;
    type Graph = { tasks: Array<Record<string, unknown>>; edges: Array<Record<string, unknown>> };
    await runs(job);
    const { tasks, edges } = await get<Graph>(path);
    const places = tasks.map(t => `${t['subtask']} in ${t['taskmanager-id']}/${t['slot']}`);
    // Both subtasks with one index share a slot; each slot has two.
    expect(new Set(places).size).to.equal(4);
    expect(new Set(tasks.map(t => `${t['taskmanager-id']}/${t['slot']}`)).size).to.equal(4);
    expect(tasks[0]).to.include({ name: job.graph.executions[0]!.name, attempt: 0, status: 'RUNNING' });
    expect(edges).to.have.length(1);
    const [source, print] = job.job.vertices;
    expect(edges[0]).to.include({ source: source!.id, target: print!.id, 'ship-strategy': 'REBALANCE' });
    expect(edges[0]).to.include({ exchange: 'PIPELINED' });
    expect(edges[0]!['channels']).to.deep.equal({ slot: 4, ring: 4, socket: 8 });
    const batch = cluster.submit(
      env => void env.setRuntimeMode(RuntimeExecutionMode.BATCH).fromElements(1).rebalance().print(),
    );
    const blocking = await get<Graph>(`/jobs/${batch.job.jobId}/physical-graph`);
    expect(blocking.edges.map(e => e['exchange'])).to.deep.equal(['BLOCKING']);
    batch.cancel();
    await batch.ended;
    const waiting = cluster.submitEndless(1, 'waiting');
    await eventually(() => waiting.waitingFor());
    const unplaced = await get<Graph>(`/jobs/${waiting.job.jobId}/physical-graph`);
    expect(unplaced.tasks[0]).to.include({ 'taskmanager-id': '(unassigned)', slot: -1 });
  });

  it('shows the figures of latency markers by Flink’s names', async () => {
    await start({ conf: { 'heartbeat.interval': '50 ms' } });
    const job = cluster.submit(env => {
      env.getConfig().setLatencyTrackingInterval(5);
      env
        .fromSequence(0, Number.MAX_SAFE_INTEGER)
        .filter(() => false)
        .print();
    });
    const path = `/jobs/${job.job.jobId}/metrics`;
    const [source, filter] = job.job.vertices[0]!.operators;
    const name = `latency.source_id.${source!.operatorId}.operator_id.${filter!.operatorId}.operator_subtask_index.0.latency`;
    await eventually(async () => (await get<Array<{ id: string }>>(path)).some(m => m.id === `${name}_p99`));
    const values = await get<Array<{ id: string; value: string }>>(`${path}?get=${name}_p99,nothing,${name}_max`);
    expect(values.map(v => v.id)).to.deep.equal([`${name}_p99`, `${name}_max`]);
    for (const { value } of values) expect(Number(value)).to.be.at.least(0);
    expect(await get('/jobs/'.concat(cluster.submitEndless(1, 'plain').job.jobId, '/metrics'))).to.deep.equal([]);
  });

  it('shows how the memory of a TaskManager is split, and what it uses', async () => {
    await start({ slots: 2, conf: { 'heartbeat.interval': '50 ms' } });
    await eventually(() => cluster.master.slots.taskManagers.get('local-1')?.heartbeat);
    const { memoryConfiguration, metrics, slotsNumber, freeSlots } = await get<{
      memoryConfiguration: Record<string, number>;
      metrics: Record<string, number>;
      slotsNumber: number;
      freeSlots: number;
    }>('/taskmanagers/local-1');
    expect([slotsNumber, freeSlots]).to.deep.equal([2, 2]);
    expect(memoryConfiguration['totalProcessMemory']).to.equal(384 * MB);
    const { frameworkHeap, taskHeap, networkMemory, managedMemory, jvmOverhead } = memoryConfiguration;
    const sum = frameworkHeap! + taskHeap! + networkMemory! + managedMemory! + jvmOverhead!;
    expect(sum).to.be.within(384 * MB - 4, 384 * MB);
    expect(metrics['rss']).to.be.greaterThan(10 * MB);
  });

  it('cancels a job, and says so when it has ended already', async () => {
    await start();
    const job = cluster.submitEndless();
    await runs(job);
    const cancel = `/jobs/${job.job.jobId}?mode=cancel`;
    expect((await fetch(cluster.rest + cancel, { method: 'PATCH' })).status).to.equal(202);
    await job.ended;
    expect(job.status).to.equal('CANCELED');
    // Twice is as good as once.
    expect((await fetch(cluster.rest + cancel, { method: 'PATCH' })).status).to.equal(202);
    const finished = cluster.submit(env => void env.fromElements(1).print());
    await finished.ended;
    const { jobId } = finished.job;
    expect(await refusal(`/jobs/${jobId}?mode=cancel`, { method: 'PATCH' })).to.deep.equal([
      409,
      `Job ${jobId} can't be cancelled: it has already ended FINISHED.`,
    ]);
  });

  it('names what is wrong with a request', async () => {
    await start();
    expect(await refusal('/jobs/nonsense')).to.deep.equal([
      400,
      '"nonsense" is no job id: 32 hexadecimal digits are expected.',
    ]);
    expect((await refusal(`/jobs/${'0'.repeat(32)}`))[0]).to.equal(404);
    expect((await refusal('/taskmanagers/nobody'))[0]).to.equal(404);
    expect((await refusal('/nothing/here'))[0]).to.equal(404);
    const garbage = { method: 'POST', headers: { 'content-type': 'application/x-millrace-job' }, body: 'garbage' };
    expect((await refusal('/jobs', garbage))[0]).to.equal(400);
    expect(
      (await refusal('/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }))[0],
    ).to.equal(400);
  });

  it('keeps secrets of the configuration to itself', async () => {
    await start({ conf: { 'user.password': 'hush', 'parallelism.default': '3' } });
    const config = await get<Array<{ key: string; value: string }>>('/jobmanager/config');
    expect(Object.fromEntries(config.map(c => [c.key, c.value]))).to.include({
      'user.password': '******',
      'parallelism.default': '3',
    });
  });

  it('asks for its token on YARN, takes reading from the proxy, and gives bundles to TaskManagers only', async () => {
    await start({ access: { type: 'token', token: 'the-token', proxyAddresses: new Set() } });
    const as = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } });
    const status = async (path: string, init?: RequestInit): Promise<number> =>
      (await fetch(cluster.rest + path, init)).status;
    expect(await status('/overview')).to.equal(401);
    expect(await status('/overview', as('a guess'))).to.equal(401);
    expect(await status('/overview', as('the-token'))).to.equal(200);
    const blob = `/blobs/${'0'.repeat(64)}`;
    expect(await status(blob, as('the-token'))).to.equal(401);
    expect(await status(blob, as(SECRET))).to.equal(404);
    await cluster.close();
    await start({ access: { type: 'token', token: 'the-token', proxyAddresses: new Set(['127.0.0.1']) } });
    expect(await status('/overview')).to.equal(200);
    expect(await status('/cluster', { method: 'DELETE' })).to.equal(401);
    expect(await status(blob)).to.equal(401);
    const job = cluster.submitEndless();
    expect(await status(`/jobs/${job.job.jobId}/yarn-cancel`)).to.equal(401);
  });

  it('ends the cluster on DELETE /cluster', async () => {
    await start();
    expect((await fetch(`${cluster.rest}/cluster`, { method: 'DELETE' })).status).to.equal(200);
    expect((await cluster.master.ended).status).to.equal('SUCCEEDED');
  });
});
