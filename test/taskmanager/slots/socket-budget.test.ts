import { expect } from 'chai';
import type { TaskDeploymentDescriptor } from '../../../core/protocol/index.js';
import { SocketBudget } from '../../../taskmanager/slots/socket-budget.js';

describe('the sockets that a TaskManager may need', () => {
  /** A task that reads from so many slots of another TaskManager, over two edges, and from one of its own. */
  const reading = (slots: number): TaskDeploymentDescriptor[] => {
    const channel = (port: number, sameTaskManager: boolean): object => ({
      producer: { host: 'h', port },
      sameTaskManager,
    });
    const channels = [channel(1, true), ...Array.from({ length: slots }, (_, i) => channel(1000 + i, false))];
    return [{ inputs: [{ channels }, { channels }] } as unknown as TaskDeploymentDescriptor];
  };

  it('are two for each slot of another TaskManager; more than there are file handles are refused with figures', () => {
    const budget = new SocketBudget(1256);
    budget.take(0, reading(200));
    budget.take(1, reading(200));
    expect(() => budget.take(2, reading(200))).to.throw(
      /Slot 2 alone would have 400, with it this TaskManager 1200; it may have 1256 open files\. Lower the parallelism/,
    );
    budget.take(2, reading(100));
  });

  it('are there again for another job when a slot was freed', () => {
    const budget = new SocketBudget(1256);
    budget.take(0, reading(500));
    expect(() => budget.take(1, reading(1))).to.throw('1002');
    budget.give(0);
    budget.take(1, reading(500));
  });
});
