import { parseArgs } from 'node:util';

export interface LatencyOptions {
  /** Buffer timeouts, milliseconds. */
  timeouts: readonly number[];
  /** Shares of the peak, percent. */
  loads: readonly number[];
  runs: number;
  /** Of each run; what is due in it is not counted. */
  warmUpMs: number;
  measuredMs: number;
  seed: number;
  /** Folder of an Apache Flink. */
  flink?: string;
}

/** Throws an error that names the option for one that makes no sense. */
export function latencyOptions(args: string[]): LatencyOptions {
  const { values } = parseArgs({
    args,
    options: {
      timeouts: { type: 'string', default: '0,10,100' },
      loads: { type: 'string', default: '10,50,80' },
      runs: { type: 'string', default: '1' },
      'warm-up': { type: 'string', default: '2500' },
      measured: { type: 'string', default: '3000' },
      seed: { type: 'string', default: '42' },
      flink: { type: 'string' },
    },
  });
  return {
    timeouts: values.timeouts.split(',').map(t => whole('timeouts', t, 0, 10_000)),
    loads: values.loads.split(',').map(l => whole('loads', l, 1, 100)),
    runs: whole('runs', values.runs, 1, 100),
    warmUpMs: whole('warm-up', values['warm-up'], 0, 60_000),
    measuredMs: whole('measured', values.measured, 100, 60_000),
    seed: whole('seed', values.seed, -(2 ** 31), 2 ** 31 - 1),
    ...(values.flink !== undefined && { flink: values.flink }),
  };
}

function whole(name: string, value: string, min: number, max: number): number {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (!Number.isInteger(number) || number < min || number > max) {
    throw new Error(`--${name} ${value}: whole numbers from ${min} to ${max}, with commas where there are several.`);
  }
  return number;
}
