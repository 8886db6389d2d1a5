export { type ChannelPair, channelsFrom, channelsTo, type Exchange } from './distribution.js';
export { type GenerateOptions, generateJobGraph } from './generate-job-graph.js';
export * from './job-graph.js';
export {
  defaultMaxParallelism,
  hashDoubleKey,
  hashKey,
  hashString,
  keyGroupOf,
  subtaskOfKey,
  subtaskOfKeyGroup,
  UPPER_BOUND_MAX_PARALLELISM,
} from './key-groups.js';
export * from './operators.js';
export { jobPlan, type PlanNode, streamPlan } from './plan.js';
export { namesOfOutput, selectedOutput } from './selected-output.js';
export { slotsNeeded, stagesOf } from './stages.js';
export * from './stream-graph.js';
