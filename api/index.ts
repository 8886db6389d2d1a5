/** The programming interface: `import { … } from 'millrace'`. */
export { type ErrorCode, MillraceError } from '../core/errors.js';
export { type Accumulator, DoubleCounter, IntCounter, LongCounter } from './accumulators.js';
export { AsyncDataStream } from './async-data-stream.js';
export { type AsyncFunction, RichAsyncFunction } from './async-functions.js';
export { BroadcastProcessFunction, KeyedBroadcastProcessFunction } from './broadcast-functions.js';
export type { BroadcastState, ReadOnlyBroadcastState } from './broadcast-state.js';
export { BroadcastConnectedStream, BroadcastStream } from './broadcast-stream.js';
export {
  type CoFlatMapFunction,
  type CoMapFunction,
  RichCoFlatMapFunction,
  RichCoMapFunction,
} from './co-functions.js';
export { CoGroupedStreams, JoinedStreams } from './co-grouped-streams.js';
export { CoProcessFunction, KeyedCoProcessFunction } from './co-process-functions.js';
export { ConnectedStreams } from './connected-streams.js';
export { DataStreamSink } from './data-stream-sink.js';
export { Duration, Time } from './duration.js';
export { DataStreamSource, JobClient, JobExecutionResult, StreamExecutionEnvironment } from './environment.js';
export { ExecutionConfig, RestartStrategies, type RestartStrategy } from './execution-config.js';
export {
  AbstractRichFunction,
  type AggregateFunction,
  type Collector,
  type Counter,
  type FilterFunction,
  type FlatMapFunction,
  type KeyedStateStore,
  type KeySelector,
  type KeySelectorFunction,
  type MapFunction,
  type MetricGroup,
  ParallelSourceFunction,
  type Partitioner,
  type ReduceFunction,
  RichFilterFunction,
  RichFlatMapFunction,
  RichMapFunction,
  RichParallelSourceFunction,
  RichReduceFunction,
  RichSinkFunction,
  RichSourceFunction,
  type RuntimeContext,
  type SinkContext,
  type SinkFunction,
  type SourceContext,
  type SourceFunction,
  type TaskInfo,
} from './functions.js';
export { IntervalJoin, IntervalJoined } from './interval-join.js';
export { ProcessJoinFunction } from './join-functions.js';
export type { Field, FieldValue } from './key-selector.js';
export { OutputTag } from './output-tag.js';
export { ParameterTool } from './parameter-tool.js';
export { KeyedProcessFunction, ProcessFunction, TimeDomain, type TimerService } from './process-functions.js';
export { RuntimeExecutionMode } from './runtime-execution-mode.js';
export { type SerializationSchema, SimpleStringSchema } from './serialization-schema.js';
export { DiscardingSink, PrintSink, type Sink, type SinkWriter } from './sink.js';
export type { OutputSelector } from './split-stream.js';
export type {
  AggregatingState,
  AppendingState,
  ListState,
  MapState,
  ReducingState,
  State,
  ValueState,
} from './state.js';
export {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  StateDescriptor,
  type StateKind,
  ValueStateDescriptor,
} from './state-descriptors.js';
export { StateTtlConfig } from './state-ttl-config.js';
export { DataStream, IterativeStream, KeyedStream, SingleOutputStreamOperator, SplitStream } from './streams.js';
export { TimeCharacteristic } from './time-characteristic.js';
export {
  AscendingTimestampExtractor,
  type AssignerWithPeriodicWatermarks,
  type AssignerWithPunctuatedWatermarks,
  BoundedOutOfOrdernessTimestampExtractor,
} from './timestamp-extractors.js';
export { TypeInformation, Types } from './type-information.js';
export { Watermark } from './watermark.js';
export type {
  RelativeClock,
  TimestampAssigner,
  WatermarkGenerator,
  WatermarkGeneratorContext,
  WatermarkOutput,
} from './watermark-generator.js';
export { WatermarkStrategy } from './watermark-strategy.js';
export {
  type CoGroupFunction,
  type FlatJoinFunction,
  type JoinFunction,
  RichCoGroupFunction,
  RichFlatJoinFunction,
  RichJoinFunction,
} from './window-join-functions.js';
export * from './windowing/index.js';
export { WriteMode } from './write-mode.js';
