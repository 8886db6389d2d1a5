import type { TaskDeploymentDescriptor } from '../../core/protocol/index.js';

/** A channel is about 200 bytes of a message. */
const CHANNELS_UNDER_WAY = 100_000;
/** Between two of these the event loop has its turn: packing and sending so many takes some milliseconds. */
const CHANNELS_A_TURN = 4_000;
/** What a task costs beside its channels, in channels. */
const TASK = 20;

/** What a deployment weighs: its tasks, and the channels that they name on either side. */
export function weightOf(tasks: readonly TaskDeploymentDescriptor[]): number {
  return tasks.reduce(
    (sum, { inputs, outputs }) =>
      sum + inputs.reduce((n, i) => n + i.channels.length, TASK) + outputs.reduce((n, o) => n + o.consumers.length, 0),
    0,
  );
}

/**
 * How much of a deployment may be under way. Jobs of the usual size never wait here. Where n subtasks read from n
 * others there are n² channels to name: they leave in parts, so that memory stays bounded and heartbeats, REST and other
 * jobs are served meanwhile.
 */
export class DeploymentRoom {
  private underWay = 0;
  private sinceTurn = 0;
  private wake: (() => void) | undefined;

  /** Resolves when there is room for so much. One caller at a time. */
  async take(weight: number): Promise<void> {
    this.sinceTurn += weight;
    if (this.sinceTurn > CHANNELS_A_TURN) {
      this.sinceTurn = weight;
      await new Promise(resolve => setImmediate(resolve));
    }
    while (this.underWay > 0 && this.underWay + weight > CHANNELS_UNDER_WAY) {
      await new Promise<void>(resolve => {
        this.wake = resolve;
      });
    }
    this.underWay += weight;
  }

  /** So much was answered. */
  give(weight: number): void {
    this.underWay -= weight;
    this.wake?.();
    this.wake = undefined;
  }
}
