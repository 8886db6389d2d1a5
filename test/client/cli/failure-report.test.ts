import { expect } from 'chai';
import { describeFailure } from '../../../client/cli/failure-report.js';
import { MillraceError } from '../../../core/errors.js';

const failed = (cause: unknown): MillraceError =>
  new MillraceError('JOB_FAILED', 'The job j (1) failed.', { cause: cause as Error });

describe('the report of a failed job', () => {
  it("shows the author's frames, operator and record, and none of the platform's in a container", () => {
    const thrown = new RangeError('no');
    thrown.stack = [
      'RangeError: no',
      '    at Object.helper (/home/me/job.ts:5:9)',
      '    at MapOperator.map (/home/me/job.ts:9:3)',
      '    at MapOperator.process (file:///nm/usercache/me/filecache/10/runtime.tgz/chunk-Y6P2NKTC.js:5:15913)',
      '    at batch (millrace-task/Map-3.js:12:7)',
      '    at Task.step (file:///nm/usercache/me/filecache/10/runtime.tgz/slot-worker.js:1:1)',
      '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
    ].join('\n');
    const message = "'Map' (1/1) failed at record 12,345 of its input: RangeError: no";
    const task = new MillraceError('TASK_FAILED', message, { cause: thrown });
    expect(describeFailure(failed(task))).to.deep.equal([
      'RangeError: no',
      '    at Object.helper (/home/me/job.ts:5:9)',
      '    at MapOperator.map (/home/me/job.ts:9:3)',
      "  in: 'Map' (1/1) failed at record 12,345 of its input",
      '  in: The job j (1) failed.',
    ]);
  });

  it('names the TaskManager first where that is lost, with the reason', () => {
    const exit = new MillraceError('TASK_MANAGER_LOST', 'Its process ended with exit status 137 (signal 9).');
    const lost = new MillraceError('TASK_MANAGER_LOST', `TaskManager c_2 was lost: ${exit.message}`, { cause: exit });
    expect(describeFailure(failed(lost))).to.deep.equal([
      'TaskManager c_2 was lost: Its process ended with exit status 137 (signal 9).',
      '  in: The job j (1) failed.',
    ]);
  });

  it("puts a cause that nobody repeats before what it caused, the platform's own too", () => {
    const file = new MillraceError('FILE_NOT_FOUND', 'Input path /in does not exist.');
    const task = new MillraceError('TASK_FAILED', 'The source could not begin.', { cause: file });
    expect(describeFailure(failed(task))).to.deep.equal([
      'Input path /in does not exist.',
      '  in: The source could not begin.',
      '  in: The job j (1) failed.',
    ]);
  });
});
