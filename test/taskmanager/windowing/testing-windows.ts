import type {
  DataStream,
  SinkContext,
  SourceContext,
  SourceFunction,
  StreamExecutionEnvironment,
} from '../../../api/index.js';
import { Watermark } from '../../../api/index.js';
import { TestingProgramJob } from '../testing-program-job.js';
import { TestingSlots } from '../testing-slots.js';

export interface Rec {
  k: string;
  v: number;
  ts: number;
}

/** A record, or a watermark. */
export type Step = Rec | number;

export const rec = (k: string, v: number, ts: number): Rec => ({ k, v, ts });

/** Enough records before those of a test that its task is compiled; all in windows before 0. */
export const WARM_UP = Array.from({ length: 400 }, (_, i): Rec => rec('warm', i, -1_000_000 + i));

export class Script implements SourceFunction<Rec> {
  constructor(private readonly steps: readonly Step[]) {}

  run(ctx: SourceContext<Rec>): void {
    for (const step of this.steps) {
      if (typeof step === 'number') ctx.emitWatermark(new Watermark(step));
      else ctx.collectWithTimestamp({ ...step }, step.ts);
    }
  }

  cancel(): void {}
}

/** What a program's sinks got, with its timestamp, in order. */
export class WindowRun {
  readonly seen: Array<[unknown, number | null]> = [];

  private constructor(private readonly slots: TestingSlots) {}

  static async start(interpreted: boolean, now?: () => number): Promise<WindowRun> {
    return new WindowRun(await TestingSlots.start(1, { interpreted, ...(now && { now }) }));
  }

  readonly see = <T>(stream: DataStream<T>): void => {
    stream.addSink({
      invoke: (value: T, ctx: SinkContext) => void this.seen.push([value, ctx.timestamp()]),
    });
  };

  async of(build: (env: StreamExecutionEnvironment, see: WindowRun['see']) => void): Promise<unknown[]> {
    this.seen.length = 0;
    await this.slots.run(new TestingProgramJob(env => build(env, this.see)));
    return this.values;
  }

  get values(): unknown[] {
    return this.seen.map(([value]) => value);
  }

  close(): Promise<void> {
    return this.slots.close();
  }
}

/** Whole numbers below `n`, the same in each run of a seed. */
export function random(seed: number): (n: number) => number {
  let state = seed | 0;
  return n => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/** Records out of order, some of them late, with watermarks between. */
export function randomSteps(next: (n: number) => number, count: number, disorder: number): Step[] {
  const steps: Step[] = [];
  let time = 0;
  let watermark = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    time += next(8);
    if (next(6) === 0 && time - disorder / 2 > watermark) steps.push((watermark = time - Math.floor(disorder / 2)));
    else steps.push(rec(`k${next(4)}`, i, time - next(disorder)));
  }
  return steps;
}
