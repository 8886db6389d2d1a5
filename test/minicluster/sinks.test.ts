import { expect } from 'chai';
import {
  DiscardingSink,
  PrintSink,
  type RuntimeContext,
  type Sink,
  type SinkWriter,
  StreamExecutionEnvironment,
} from '../../api/index.js';
import { Configuration } from '../../core/config/index.js';
import { LocalExecutor } from '../../minicluster/index.js';
import { runLocally } from './run-locally.js';

const calls: string[] = [];

class Journal implements Sink<number> {
  async createWriter(context: RuntimeContext): Promise<SinkWriter<number>> {
    const subtask = context.getTaskInfo().getIndexOfThisSubtask();
    calls.push(`${subtask} created`);
    return {
      write: async n => {
        await Promise.resolve();
        calls.push(`${subtask} writes ${n}`);
      },
      flush: endOfInput => void calls.push(`${subtask} flushes ${endOfInput}`),
      close: () => void calls.push(`${subtask} closes`),
    };
  }
}

describe('sinkTo', () => {
  beforeEach(() => void calls.splice(0));

  it('gives each subtask a writer, which gets its records, is flushed at the end, and is closed', async () => {
    await runLocally(env => void env.fromSequence(1, 4).sinkTo(new Journal()), { 'parallelism.default': '2' });
    const of = (subtask: number): string[] => calls.filter(c => c.startsWith(`${subtask} `)).map(c => c.slice(2));
    expect(of(0)).to.deep.equal(['created', 'writes 1', 'writes 2', 'flushes true', 'closes']);
    expect(of(1)).to.deep.equal(['created', 'writes 3', 'writes 4', 'flushes true', 'closes']);
  });

  it('does not flush after a failure, but closes', async () => {
    const failing: Sink<number> = {
      createWriter: () => ({
        write: n => {
          if (n === 2) throw new RangeError('two');
          calls.push(`writes ${n}`);
        },
        flush: () => void calls.push('flushes'),
        close: () => void calls.push('closes'),
      }),
    };
    const failure = await runLocally(env => void env.fromElements(1, 2, 3).sinkTo(failing)).then(
      () => undefined,
      (e: Error) => e.cause,
    );
    expect(failure).to.include({ name: 'RangeError', message: 'two' });
    expect(calls).to.deep.equal(['writes 1', 'closes']);
  });

  it('prints, or does nothing at all', async () => {
    const printed: string[] = [];
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    const stream = env
      .fromElements('a')
      .map(s => s)
      .setParallelism(1);
    stream.sinkTo(new PrintSink('mine')).setParallelism(1);
    stream.sinkTo(new PrintSink(true)).setParallelism(1);
    stream.sinkTo(new DiscardingSink()).setParallelism(1);
    const print = (to: string, text: string): void => void printed.push(`${to}: ${text}`);
    const job = await new LocalExecutor({ configuration: new Configuration(), print }).execute(env.getStreamGraph('p'));
    await job.result();
    expect(printed.sort()).to.deep.equal(['err: a\n', 'out: mine> a\n']);
  });
});
