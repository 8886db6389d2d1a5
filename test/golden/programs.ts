/** Runs one job with the arguments of a golden program. */
type Entry = { main(args: string[]): Promise<void> };

/**
 * The programs of all cases, each loaded as `millrace` programs are: unchanged, and type-checked under `strict` since
 * they are named here.
 */
export const programs: Record<string, () => Promise<Entry>> = {
  'broadcast-state': async () => (await import('./programs/broadcast-state.js')).BroadcastState,
  'connect-coflatmap-keyed': async () => (await import('./programs/connect-coflatmap-keyed.js')).ConnectCoflatmapKeyed,
  'interval-join': async () => (await import('./programs/interval-join.js')).IntervalJoin,
  'count-tumbling': async () => (await import('./programs/count-tumbling.js')).CountTumbling,
  'evictor-count': async () => (await import('./programs/evictor-count.js')).EvictorCount,
  'key-groups-string': async () => (await import('./programs/key-groups-string.js')).KeyGroupsString,
  'keyed-states': async () => (await import('./programs/keyed-states.js')).KeyedStates,
  'partition-custom': async () => (await import('./programs/partition-custom.js')).PartitionCustom,
  'process-timers': async () => (await import('./programs/process-timers.js')).ProcessTimers,
  'rescale-2-to-3': async () => (await import('./programs/rescale-2-to-3.js')).Rescale2To3,
  'session-merge': async () => (await import('./programs/session-merge.js')).SessionMerge,
  'side-outputs': async () => (await import('./programs/side-outputs.js')).SideOutputs,
  'sliding-aggregate': async () => (await import('./programs/sliding-aggregate.js')).SlidingAggregate,
  'state-ttl-create-and-write': async () =>
    (await import('./programs/state-ttl-create-and-write.js')).StateTtlCreateAndWrite,
  'trigger-count-in-time-window': async () =>
    (await import('./programs/trigger-count-in-time-window.js')).TriggerCountInTimeWindow,
  'trigger-custom-early-late': async () =>
    (await import('./programs/trigger-custom-early-late.js')).TriggerCustomEarlyLate,
  'tumbling-late': async () => (await import('./programs/tumbling-late.js')).TumblingLate,
  'tumbling-reduce': async () => (await import('./programs/tumbling-reduce.js')).TumblingReduce,
  'union-watermarks': async () => (await import('./programs/union-watermarks.js')).UnionWatermarks,
  'watermark-bounded': async () => (await import('./programs/watermark-bounded.js')).WatermarkBounded,
  'window-all': async () => (await import('./programs/window-all.js')).WindowAll,
  'window-join-tumbling': async () => (await import('./programs/window-join-tumbling.js')).WindowJoinTumbling,
  'wordcount-batch': async () => (await import('./programs/wordcount-batch.js')).WordcountBatch,
  'wordcount-streaming': async () => (await import('./programs/wordcount-streaming.js')).WordcountStreaming,
};
