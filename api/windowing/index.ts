/** Windows: what assigns, fires and empties them, and the functions that make something of them. */
export { AllWindowedStream } from './all-windowed-stream.js';
export { CountTrigger, type DeltaFunction, DeltaTrigger, PurgingTrigger } from './count-triggers.js';
export {
  CountEvictor,
  DeltaEvictor,
  type EvictableElements,
  type Evictor,
  TimeEvictor,
  type TimestampedValue,
} from './evictors.js';
export { GlobalWindows, NeverTrigger } from './global-windows.js';
export {
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
  type SessionWindowTimeGapExtractor,
} from './session-windows.js';
export {
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
  EventTimeTrigger,
  ProcessingTimeTrigger,
} from './time-triggers.js';
export {
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from './time-windows.js';
export { Trigger, TriggerResult } from './trigger.js';
export { isMerging, MergingWindowAssigner, WindowAssigner } from './window-assigner.js';
export type { WindowFunctions } from './window-builder.js';
export {
  type AllWindowFunction,
  ProcessAllWindowFunction,
  ProcessWindowFunction,
  RichAllWindowFunction,
  RichWindowFunction,
  type WindowFunction,
} from './window-functions.js';
export { WindowedStream } from './windowed-stream.js';
export { GlobalWindow, TimeWindow, Window } from './windows.js';
