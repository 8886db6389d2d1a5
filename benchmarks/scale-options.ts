import { parseArgs } from 'node:util';
import { BENCHMARKS } from './catalogue.js';
import type { ChurnOptions } from './scale-churn.js';
import type { DeploymentOptions, DeploymentShape } from './scale-deployment.js';
import type { SimulatedOptions } from './scale-simulated.js';
import type { SlotsOptions } from './scale-slots.js';

export interface ScaleOptions {
  parts: string[];
  slots: SlotsOptions;
  deployment: DeploymentOptions;
  churn: ChurnOptions;
  simulated: SimulatedOptions;
}

const PARTS = ['slots', 'deployment', 'jobs', 'simulated'];

/** Throws an error that names the option for one that makes no sense. */
export function scaleOptions(args: string[]): ScaleOptions {
  const text = (value: string) => ({ type: 'string' as const, default: value });
  const { values } = parseArgs({
    args,
    options: {
      parts: text(PARTS.join()),
      slots: text('1x1,2x1,4x1,8x1,16x1,4x2,8x4,16x8'),
      job: text('b2'),
      records: text('200000'),
      runs: text('1'),
      seed: text('42'),
      shapes: text('125x8:forward,125x8:rebalance,500x2:forward'),
      managers: text('4'),
      jobs: text('10000'),
      'job-slots': text('4'),
      'at-once': text('100'),
      'simulated-managers': text('1000'),
      'simulated-slots': text('4'),
      'all-to-all': text('500'),
      'simulated-jobs': text('10000'),
      'master-mb': text('1024'),
      profile: { type: 'string' },
    },
  });
  const list = (name: 'parts' | 'slots' | 'shapes'): string[] => values[name].split(',').map(item => item.trim());
  const number = (name: Exclude<keyof typeof values, 'profile'>, least = 1): number => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= least) return value;
    throw new Error(`--${name} ${values[name]}: a whole number from ${least} on.`);
  };
  const profile = values.profile === undefined ? {} : { profile: values.profile };
  const parts = list('parts');
  const unknown = parts.find(part => !PARTS.includes(part));
  if (unknown !== undefined) throw new Error(`--parts ${unknown}: there are ${PARTS.join(', ')}.`);
  if (!BENCHMARKS.some(b => b.id === values.job)) throw new Error(`--job ${values.job}: there is no such benchmark.`);
  return {
    parts,
    slots: {
      settings: list('slots').map(slotSetting),
      job: values.job,
      records: number('records'),
      runs: number('runs'),
      seed: number('seed', 0),
      ...profile,
    },
    deployment: { shapes: list('shapes').map(shape), taskManagers: number('managers') },
    churn: { jobs: number('jobs'), slots: number('job-slots'), atOnce: number('at-once') },
    simulated: {
      taskManagers: number('simulated-managers'),
      slots: number('simulated-slots'),
      allToAll: number('all-to-all', 0),
      jobs: number('simulated-jobs', 0),
      masterMb: number('master-mb'),
      ...profile,
    },
  };
}

function slotSetting(text: string): SlotsOptions['settings'][number] {
  const match = /^(\d+)x(\d+)$/.exec(text);
  const [slots, taskManagers] = [Number(match?.[1]), Number(match?.[2])];
  if (slots > 0 && taskManagers > 0 && slots % taskManagers === 0) return { slots, taskManagers };
  throw new Error(`--slots ${text}: slots in all x TaskManagers, which they divide by, e.g. 8x2.`);
}

function shape(text: string): DeploymentShape {
  const match = /^(\d+)x(\d+):(forward|rebalance)$/.exec(text);
  if (!match) throw new Error(`--shapes ${text}: subtasks x stages : forward or rebalance, e.g. 125x8:forward.`);
  const [, parallelism, stages, exchange] = match;
  return {
    parallelism: Number(parallelism),
    stages: Number(stages),
    exchange: exchange as DeploymentShape['exchange'],
  };
}
