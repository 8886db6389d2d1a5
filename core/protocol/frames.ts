/**
 * Data frames between slots: one msgpack array a WebSocket message, or a message in a ring of shared memory,
 * `[kind, channel, sequence, payload]`. The consumer dials the producer, so bulk flows server → client unmasked.
 * `channel` is chosen by the consumer when it opens one and is unique on its connection. Sequences of a channel count
 * from 0 without gaps; a gap fails the task.
 */
export const FrameKind = {
  /** consumer → producer: payload {partitionId, subpartition, credits} */
  OPEN: 0,
  /** consumer → producer: payload = further credits (a number); one credit is one DATA frame */
  CREDIT: 1,
  /** consumer → producer: the consumer gave up; the producer frees the channel */
  CLOSE: 2,
  /** producer → consumer: payload = an encoded batch; costs a credit */
  DATA: 3,
  /** producer → consumer, in band, no credit: payload {type: 'watermark', timestamp} | {type: 'status', idle} | {type: 'latencyMarker', marker} | {type: 'barrier', …} */
  EVENT: 4,
  /** producer → consumer: the partition ended orderly, nothing follows */
  END: 5,
  /** producer → consumer: the producer failed or never came; payload = SerializedError */
  ERROR: 6,
  /** consumer → producer: payload = records that a batch may have from here on */
  LIMIT: 7,
} as const;

export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];
export type Frame = [kind: FrameKind, channel: number, sequence: number, payload: unknown];
