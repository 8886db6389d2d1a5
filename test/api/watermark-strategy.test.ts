import { expect } from 'chai';
import {
  AscendingTimestampExtractor,
  BoundedOutOfOrdernessTimestampExtractor,
  Duration,
  StreamExecutionEnvironment,
  TimeCharacteristic,
  Watermark,
  type WatermarkGenerator,
  WatermarkStrategy,
} from '../../api/index.js';
import { strategyOf } from '../../api/timestamp-extractors.js';

/** A subtask's generator and what it emits. */
function generatorOf<T>(strategy: WatermarkStrategy<T>) {
  const clock = { now: 0 };
  const context = {
    getMetricGroup: () => ({ counter: () => ({ inc: () => {}, dec: () => {}, getCount: () => 0 }) }),
    getInputActivityClock: () => ({ relativeTimeMillis: () => clock.now }),
  };
  const emitted: Array<number | string> = [];
  const output = {
    emitWatermark: (w: Watermark) => void emitted.push(w.getTimestamp()),
    markIdle: () => void emitted.push('idle'),
    markActive: () => void emitted.push('active'),
  };
  const generator: WatermarkGenerator<T> = strategy.createWatermarkGenerator(context);
  const assigner = strategy.createTimestampAssigner(context);
  return {
    clock,
    emitted,
    assigner,
    on: (event: T, timestamp: number) => generator.onEvent(event, timestamp, output),
    look: () => generator.onPeriodicEmit(output),
  };
}

describe('a watermark strategy', () => {
  it('stays the bound and a millisecond behind the highest timestamp', () => {
    const g = generatorOf(WatermarkStrategy.forBoundedOutOfOrderness<string>(Duration.ofMillis(100)));
    g.look();
    for (const t of [500, 300, 700]) g.on('x', t);
    g.look();
    expect(g.emitted).to.deep.equal([Number.MIN_SAFE_INTEGER, 599]);
  });

  it('of monotonous timestamps is a millisecond behind', () => {
    const g = generatorOf(WatermarkStrategy.forMonotonousTimestamps<string>());
    g.on('x', 500);
    g.look();
    expect(g.emitted).to.deep.equal([499]);
  });

  it('may say nothing', () => {
    const g = generatorOf(WatermarkStrategy.noWatermarks<string>());
    g.on('x', 500);
    g.look();
    expect(g.emitted).to.deep.equal([]);
  });

  it("takes a generator of one's own, and an assigner as function or object", () => {
    const supplier = () => ({
      onEvent: (_: string, t: number, out: { emitWatermark(w: Watermark): void }) =>
        out.emitWatermark(new Watermark(t)),
      onPeriodicEmit: () => {},
    });
    for (const given of [supplier, { createWatermarkGenerator: supplier }]) {
      const g = generatorOf(WatermarkStrategy.forGenerator<string>(given).withTimestampAssigner(s => s.length));
      g.on('x', 5);
      expect(g.emitted).to.deep.equal([5]);
      expect(g.assigner!.extractTimestamp('four', 0)).to.equal(4);
    }
    const assigner = { add: 1, extractTimestamp: (s: string) => s.length };
    const g = generatorOf(WatermarkStrategy.noWatermarks<string>().withTimestampAssigner(assigner));
    expect(g.assigner).to.equal(assigner);
  });

  it('marks a quiet stream idle once, and lets the generator go on with the next record', () => {
    const g = generatorOf(
      WatermarkStrategy.forMonotonousTimestamps<string>()
        .withTimestampAssigner(() => 7)
        .withIdleness(Duration.ofMillis(100)),
    );
    g.on('x', 10);
    g.look();
    for (g.clock.now of [50, 100, 151, 200]) g.look();
    expect(g.emitted).to.deep.equal([9, 9, 9, 'idle']);
    g.on('x', 20);
    g.look();
    expect(g.emitted.slice(4)).to.deep.equal([19]);
    expect(g.assigner!.extractTimestamp('x', 0)).to.equal(7);
  });

  it('refuses what can not be', () => {
    const strategy = WatermarkStrategy.noWatermarks<string>();
    expect(() => WatermarkStrategy.forBoundedOutOfOrderness(Duration.ofMillis(-1))).to.throw(/negative/);
    expect(() => strategy.withIdleness(Duration.ZERO)).to.throw(/more than 0/);
    expect(() => strategy.withTimestampAssigner(undefined as never)).to.throw(/extractTimestamp/);
    expect(() => new Watermark(Number.NaN)).to.throw(/number of epoch milliseconds/);
  });
});

describe("Flink's older timestamp assigners", () => {
  it('stay the bound behind the highest timestamp', () => {
    class ByLength extends BoundedOutOfOrdernessTimestampExtractor<string> {
      extractTimestamp(s: string): number {
        return s.length;
      }
    }
    const g = generatorOf(strategyOf(new ByLength(Duration.ofMillis(2))));
    g.look();
    for (const s of ['four', 'longer', 'a']) g.on(s, g.assigner!.extractTimestamp(s, 0));
    g.look();
    expect(g.emitted).to.deep.equal([Number.MIN_SAFE_INTEGER, 4]);
  });

  it('of ascending timestamps stay a millisecond behind, and may act on one that goes back', () => {
    const violations: number[][] = [];
    class Ascending extends AscendingTimestampExtractor<number> {
      extractAscendingTimestamp(n: number): number {
        return n;
      }
      protected override handleViolation(...times: number[]): void {
        violations.push(times);
      }
    }
    const g = generatorOf(strategyOf(new Ascending()));
    for (const n of [5, 9, 7]) g.on(n, g.assigner!.extractTimestamp(n, 0));
    g.look();
    expect(g.emitted).to.deep.equal([8]);
    expect(violations).to.deep.equal([[7, 9]]);
  });

  it('may give a watermark after any record', () => {
    const g = generatorOf(
      strategyOf<number>({
        extractTimestamp: n => n,
        checkAndGetNextWatermark: (n, t) => (n % 2 === 0 ? new Watermark(t - 1) : null),
      }),
    );
    for (const n of [3, 4, 5]) g.on(n, n);
    g.look();
    expect(g.emitted).to.deep.equal([3]);
  });
});

describe('the time characteristic of a program', () => {
  it('sets the interval of periodic watermarks, as Flink does', () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    expect(env.getStreamTimeCharacteristic()).to.equal(TimeCharacteristic.EventTime);
    expect(env.getConfig().getAutoWatermarkInterval()).to.equal(200);
    env.setStreamTimeCharacteristic(TimeCharacteristic.ProcessingTime);
    expect(env.getStreamTimeCharacteristic()).to.equal(TimeCharacteristic.ProcessingTime);
    expect(env.getConfig().getAutoWatermarkInterval()).to.equal(0);
    env.setStreamTimeCharacteristic(TimeCharacteristic.IngestionTime);
    expect(env.getConfig().getAutoWatermarkInterval()).to.equal(200);
    expect(env.getConfig().setAutoWatermarkInterval(Duration.ofMillis(50)).getAutoWatermarkInterval()).to.equal(50);
    expect(() => env.getConfig().setAutoWatermarkInterval(-1)).to.throw(/whole milliseconds/);
  });
});
