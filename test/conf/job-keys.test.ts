import { expect } from 'chai';
import { Duration, RestartStrategies, StreamExecutionEnvironment } from '../../api/index.js';
import { createRestartStrategy, restartStrategyOf } from '../../applicationmaster/jobmaster/restart-strategy.js';
import { generateOptions } from '../../client/cli/program.js';
import { Configuration } from '../../core/config/index.js';
import { generateJobGraph, type JobGraph } from '../../core/graph/index.js';
import { runs, TestingCluster } from '../applicationmaster/testing-cluster.js';

type Conf = Record<string, string>;

/** Each title begins with its key. */
describe('keys of flink-conf.yaml that concern jobs', () => {
  function graphOf(conf: Conf, build: (env: StreamExecutionEnvironment) => void = words): JobGraph {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    build(env);
    return generateJobGraph(env.getStreamGraph(), generateOptions(Configuration.from(conf), undefined));
  }
  const words = (env: StreamExecutionEnvironment): void =>
    void env
      .fromSequence(1, 9)
      .map(n => n)
      .keyBy(n => n)
      .sum('n' as never)
      .print();

  it('parallelism.default is the parallelism of what says none', () => {
    expect(graphOf({}).vertices.map(v => v.parallelism)).to.deep.equal([1, 1]);
    expect(graphOf({ 'parallelism.default': '3' }).vertices.map(v => v.parallelism)).to.deep.equal([3, 3]);
  });

  it('pipeline.max-parallelism is the number of key groups', () => {
    expect(graphOf({ 'pipeline.max-parallelism': '64' }).vertices.map(v => v.maxParallelism)).to.deep.equal([64, 64]);
  });

  it('pipeline.operator-chaining.enabled makes one task of several operators, or not', () => {
    expect(graphOf({}).vertices).to.have.length(2);
    expect(graphOf({ 'pipeline.operator-chaining.enabled': 'false' }).vertices).to.have.length(4);
    expect(graphOf({ 'pipeline.operator-chaining': 'false' }).vertices).to.have.length(4);
  });

  it('pipeline.object-reuse hands records on without a copy', () => {
    expect(graphOf({}).config.objectReuse).to.equal(false);
    expect(graphOf({ 'pipeline.object-reuse': 'true' }).config.objectReuse).to.equal(true);
  });

  it('execution.buffer-timeout is how long a record may wait for its batch', () => {
    expect(graphOf({}).edges.map(e => e.bufferTimeout)).to.deep.equal([100]);
    expect(graphOf({ 'execution.buffer-timeout': '5 ms' }).edges.map(e => e.bufferTimeout)).to.deep.equal([5]);
    expect(graphOf({ 'execution.buffer-timeout': '-1' }).edges.map(e => e.bufferTimeout)).to.deep.equal([-1]);
  });

  it('execution.runtime-mode is whether results follow their input or come once', () => {
    const bounded = (env: StreamExecutionEnvironment): void => void env.fromSequence(1, 9).print();
    expect(graphOf({}, bounded).config).to.not.have.property('batch');
    expect(graphOf({ 'execution.runtime-mode': 'BATCH' }, bounded).config.batch).to.equal(true);
    expect(graphOf({ 'execution.runtime-mode': 'AUTOMATIC' }, bounded).config.batch).to.equal(true);
  });

  it('metrics.latency.interval is how often a source emits a latency marker, unless the program says otherwise', () => {
    expect(graphOf({}).config).to.not.have.property('latencyTrackingInterval');
    const conf = { 'metrics.latency.interval': '2 s' };
    expect(graphOf(conf).config.latencyTrackingInterval).to.equal(2000);
    const own = (interval: number): JobGraph =>
      graphOf(conf, env => {
        env.getConfig().setLatencyTrackingInterval(interval);
        words(env);
      });
    expect(own(50).config.latencyTrackingInterval).to.equal(50);
    expect(own(0).config).to.not.have.property('latencyTrackingInterval');
  });

  it('pipeline.auto-watermark-interval is the time between two periodic watermarks, unless the program says otherwise', () => {
    expect(graphOf({}).config.autoWatermarkInterval).to.equal(200);
    const conf = { 'pipeline.auto-watermark-interval': '2 s' };
    expect(graphOf(conf).config.autoWatermarkInterval).to.equal(2000);
    const own = (interval: number): JobGraph =>
      graphOf(conf, env => {
        env.getConfig().setAutoWatermarkInterval(interval);
        words(env);
      });
    expect(own(50).config.autoWatermarkInterval).to.equal(50);
    expect(own(0).config).to.not.have.property('autoWatermarkInterval');
  });

  it('task.cancellation.timeout is how long a task that does not end is waited for', async () => {
    const cluster = await TestingCluster.start({ conf: { 'task.cancellation.timeout': '100 ms' } });
    try {
      const job = cluster.submit(
        env =>
          void env
            .fromSequence(0, Number.MAX_SAFE_INTEGER)
            .map(() => 1)
            .addSink(new Clinging()),
      );
      await runs(job);
      job.cancel();
      const failure = await cluster.taskManagers[0]!.ended;
      expect(failure?.message).to.match(
        /did not end within 100 ms of its cancellation \(task\.cancellation\.timeout\)/,
      );
      letGo();
    } finally {
      await cluster.close();
    }
  });

  describe('restart strategies', () => {
    let now = 1_000_000;
    const clock = { now: () => now };
    /** Waits that a strategy gives, failures following each other at once. */
    function waits(conf: Conf, count: number, afterEach = 0): Array<number | undefined> {
      now = 1_000_000;
      const strategy = createRestartStrategy(restartStrategyOf(undefined, Configuration.from(conf)), clock, () => 1);
      return Array.from({ length: count }, () => {
        const wait = strategy.onFailure();
        now += (wait ?? 0) + afterEach;
        return wait;
      });
    }

    it('restart-strategy chooses one; without it there is none', () => {
      expect(waits({}, 1)).to.deep.equal([undefined]);
      expect(waits({ 'restart-strategy': 'off' }, 1)).to.deep.equal([undefined]);
      expect(waits({ 'restart-strategy': 'fixed-delay' }, 2)).to.deep.equal([1000, undefined]);
      expect(waits({ 'restart-strategy.type': 'failure-rate' }, 2)).to.deep.equal([1000, undefined]);
    });

    it('restart-strategy of the program is stronger than that of the file', () => {
      const own = RestartStrategies.fixedDelayRestart(7, Duration.ofSeconds(2));
      expect(restartStrategyOf(own, Configuration.from({ 'restart-strategy': 'none' }))).to.deep.equal(own);
    });

    const fixed = { 'restart-strategy': 'fixed-delay' };
    it('restart-strategy.fixed-delay.attempts is the number of restarts', () => {
      expect(waits({ ...fixed, 'restart-strategy.fixed-delay.attempts': '2' }, 3)).to.deep.equal([
        1000,
        1000,
        undefined,
      ]);
    });
    it('restart-strategy.fixed-delay.delay is the wait before each', () => {
      expect(waits({ ...fixed, 'restart-strategy.fixed-delay.delay': '5 s' }, 1)).to.deep.equal([5000]);
    });

    const rate = { 'restart-strategy': 'failure-rate', 'restart-strategy.failure-rate.delay': '0 ms' };
    it('restart-strategy.failure-rate.max-failures-per-interval is how many failures are borne', () => {
      const conf = { ...rate, 'restart-strategy.failure-rate.max-failures-per-interval': '2' };
      expect(waits(conf, 3)).to.deep.equal([0, 0, undefined]);
    });
    it('restart-strategy.failure-rate.failure-rate-interval is the time in which they are counted', () => {
      const conf = { ...rate, 'restart-strategy.failure-rate.failure-rate-interval': '10 s' };
      expect(waits(conf, 3, 9_999)).to.deep.equal([0, undefined, undefined]);
      expect(waits(conf, 3, 10_001)).to.deep.equal([0, 0, 0]);
    });
    it('restart-strategy.failure-rate.delay is the wait before each restart', () => {
      expect(waits({ ...rate, 'restart-strategy.failure-rate.delay': '3 s' }, 1)).to.deep.equal([3000]);
    });

    const growing = {
      'restart-strategy': 'exponential-delay',
      'restart-strategy.exponential-delay.jitter-factor': '0',
    };
    it('restart-strategy.exponential-delay.initial-backoff is the first wait', () => {
      expect(waits({ ...growing, 'restart-strategy.exponential-delay.initial-backoff': '2 s' }, 1)).to.deep.equal([
        2000,
      ]);
    });
    it('restart-strategy.exponential-delay.max-backoff is the longest wait', () => {
      expect(waits({ ...growing, 'restart-strategy.exponential-delay.max-backoff': '2 s' }, 4)).to.deep.equal([
        1000, 1500, 2000, 2000,
      ]);
    });
    it('restart-strategy.exponential-delay.backoff-multiplier is what waits grow by', () => {
      expect(waits({ ...growing, 'restart-strategy.exponential-delay.backoff-multiplier': '3' }, 3)).to.deep.equal([
        1000, 3000, 9000,
      ]);
    });
    it('restart-strategy.exponential-delay.reset-backoff-threshold is the healthy time after which waits start anew', () => {
      const conf = { ...growing, 'restart-strategy.exponential-delay.reset-backoff-threshold': '10 s' };
      expect(waits(conf, 3, 9_000)).to.deep.equal([1000, 1500, 2250]);
      expect(waits(conf, 3, 10_001)).to.deep.equal([1000, 1000, 1000]);
    });
    it('restart-strategy.exponential-delay.jitter-factor varies the wait', () => {
      expect(waits({ ...growing, 'restart-strategy.exponential-delay.jitter-factor': '0.2' }, 1)).to.deep.equal([1200]);
    });
  });
});

let letGo: () => void = () => {};

/** A sink whose end does not come. */
class Clinging {
  invoke(): void {}
  close(): Promise<void> {
    return new Promise(resolve => {
      letGo = resolve;
    });
  }
}
