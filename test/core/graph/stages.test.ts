import { expect } from 'chai';
import { RuntimeExecutionMode, StreamExecutionEnvironment } from '../../../api/index.js';
import { generateJobGraph, type JobGraph, slotsNeeded, stagesOf } from '../../../core/graph/index.js';

function graphOf(mode: RuntimeExecutionMode): JobGraph {
  const env = StreamExecutionEnvironment.getExecutionEnvironment().setRuntimeMode(mode);
  const words = env
    .fromElements('a', 'b')
    .map(w => w)
    .setParallelism(4);
  const other = env
    .fromSequence(1, 9)
    .map(n => String(n))
    .slotSharingGroup('other');
  words
    .union(other)
    .keyBy(w => w)
    .reduce(w => w)
    .setParallelism(3)
    .slotSharingGroup('third')
    .print()
    .setParallelism(1);
  return generateJobGraph(env.getStreamGraph(), { defaultParallelism: 2 });
}

const names = (job: JobGraph): string[][] => stagesOf(job).map(stage => stage.map(v => v.name));

describe('the stages of a job', () => {
  it('are one where it is a streaming job: all of it runs at a time', () => {
    const job = graphOf(RuntimeExecutionMode.STREAMING);
    expect(stagesOf(job)).to.deep.equal([job.vertices]);
    expect(slotsNeeded(job)).to.equal(4 + 2 + 3);
  });

  it('are its vertices in batch mode, each behind those that it reads, and the widest says how many slots it takes', () => {
    const job = graphOf(RuntimeExecutionMode.BATCH);
    expect(names(job).flat()).to.have.members(job.vertices.map(v => v.name));
    expect(names(job).every(stage => stage.length === 1)).to.equal(true);
    const place = (id: string): number => stagesOf(job).findIndex(stage => stage.some(v => v.id === id));
    for (const { source, target } of job.edges) expect(place(source)).to.be.lessThan(place(target));
    expect(slotsNeeded(job)).to.equal(4);
  });

  it('keep vertices together that lead back to one another', () => {
    const job = graphOf(RuntimeExecutionMode.BATCH);
    const [first, second, third] = job.vertices;
    const back = { ...job.edges[0]!, source: third!.id, target: second!.id };
    const stages = stagesOf({ ...job, edges: [...job.edges, back] });
    expect(stages[0]).to.deep.equal([first]);
    expect(stages[1]).to.deep.equal([second, third]);
  });
});
