import { setTimeout as wait } from 'node:timers/promises';
import {
  LongCounter,
  ParameterTool,
  RichParallelSourceFunction,
  RichSinkFunction,
  type SourceContext,
  StreamExecutionEnvironment,
} from 'millrace';
import { draw } from './generator.js';
import { LatencyHistogram } from './latency-histogram.js';

const KEYS = 10_000;
const SALT = 3;
/** Records that are due later than this after the schedule's end are given up: the rate is too high. */
const GRACE_MS = 3000;

/** `scheduled` is negative in the time that is not measured: of the same kind, so that edges carry the same columns in both. */
type Message = [key: string, scheduled: number, subtask: number];

/** Milliseconds of the host's monotonic clock: the same in all of its processes, Java's System.nanoTime() as well. */
function hostClock(): () => number {
  const [seconds, nanoseconds] = process.hrtime();
  const offset = seconds * 1000 + nanoseconds / 1e6 - performance.now();
  return () => performance.now() + offset;
}

interface Schedule {
  /** Records a second of one subtask; 0: as fast as they are taken. */
  rate: number;
  warmUpMs: number;
  measuredMs: number;
  seed: number;
}

/** Record i is due at start + i / rate, whatever became of those before it. */
class ScheduledSource extends RichParallelSourceFunction<Message> {
  private canceled = false;
  private readonly emitted = new LongCounter();
  private readonly measured = new LongCounter();
  private readonly dropped = new LongCounter();
  /** How late records were emitted: what the source's own timers add. */
  private readonly lateness = new LatencyHistogram();

  constructor(private readonly schedule: Schedule) {
    super();
  }

  override open(): void {
    const context = this.getRuntimeContext();
    context.addAccumulator('in_count', this.emitted);
    context.addAccumulator('in_measured', this.measured);
    context.addAccumulator('in_dropped', this.dropped);
  }

  override async run(ctx: SourceContext<Message>): Promise<void> {
    const { rate, warmUpMs, measuredMs, seed } = this.schedule;
    const subtask = this.getRuntimeContext().getIndexOfThisSubtask();
    const keys = Array.from({ length: KEYS }, (_, k) => `key-${10_000 + k}`);
    const now = hostClock();
    const start = now();
    const measuredFrom = start + warmUpMs;
    const end = measuredFrom + measuredMs;
    const keyOf = (i: number): string => keys[(draw(seed, SALT + subtask, i) >>> 1) % KEYS]!;
    let next = 0;
    while (!this.canceled) {
      const at = now();
      if (rate === 0 ? at >= end : at >= end + GRACE_MS) break;
      const due = rate === 0 ? next + 64 : Math.ceil((Math.min(at, end) - start) * (rate / 1000));
      for (; next < due && !this.canceled; next++) {
        const scheduled = rate === 0 ? at : start + next / (rate / 1000);
        const counts = scheduled >= measuredFrom;
        const full = ctx.collect([keyOf(next), counts ? scheduled : -scheduled, subtask]);
        this.emitted.add(1);
        if (counts) {
          this.measured.add(1);
          if ((next & 63) === 0) this.lateness.add(at - scheduled);
        }
        if (full) await full;
      }
      if (rate === 0) continue;
      if (at >= end) break;
      await wait(1);
    }
    if (rate > 0) this.dropped.add(Math.max(0, Math.ceil((end - start) * (rate / 1000)) - next));
  }

  override cancel(): void {
    this.canceled = true;
  }

  override close(): void {
    report(this, 'late', this.lateness);
  }
}

/** Looks at what came from another subtask, which has a TaskManager of its own. */
class LatencySink extends RichSinkFunction<Message> {
  private readonly count = new LongCounter();
  private readonly crossed = new LatencyHistogram();
  private readonly stayed = new LatencyHistogram();
  private now!: () => number;
  private subtask!: number;

  override open(): void {
    this.getRuntimeContext().addAccumulator('out_count', this.count);
    this.subtask = this.getRuntimeContext().getIndexOfThisSubtask();
    this.now = hostClock();
  }

  override invoke([, scheduled, subtask]: Message): void {
    this.count.add(1);
    if (scheduled < 0) return;
    (subtask === this.subtask ? this.stayed : this.crossed).add(this.now() - scheduled);
  }

  override close(): void {
    report(this, 'crossed', this.crossed);
    report(this, 'stayed', this.stayed);
  }
}

/** A counter for each bucket that holds something: they add up over the subtasks, and any client prints them. */
function report(
  of: { getRuntimeContext(): { addAccumulator(name: string, counter: LongCounter): void } },
  name: string,
  histogram: LatencyHistogram,
): void {
  for (const [bucket, count] of histogram.entries()) {
    const counter = new LongCounter();
    counter.add(count);
    of.getRuntimeContext().addAccumulator(`${name}_${bucket}`, counter);
  }
}

/** Source → keyBy → sink: `--rate R` records a second in all (0: all that go) `--timeout MS --warm-up MS --measured MS` */
export class KeyedLatency {
  static async main(args: string[]): Promise<void> {
    const params = ParameterTool.fromArgs(args);
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.setParallelism(params.getInt('parallelism', 2));
    env.setBufferTimeout(params.getInt('timeout', 100));
    const schedule: Schedule = {
      rate: params.getInt('rate') / params.getInt('parallelism', 2),
      warmUpMs: params.getInt('warm-up', 1500),
      measuredMs: params.getInt('measured', 3000),
      seed: params.getInt('seed', 42),
    };
    env
      .addSource(new ScheduledSource(schedule), 'schedule')
      .keyBy(message => message[0])
      .addSink(new LatencySink());
    await env.execute('keyed-latency');
  }
}
