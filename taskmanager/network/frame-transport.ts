import type { Frame } from '../../core/protocol/index.js';

/** Who gets what comes in over a transport. */
export interface TransportListener {
  /** Its payload belongs to the listener. */
  onFrame(frame: Frame): void;
  /** Once, unless this side closed it: nothing follows. */
  onLost(reason: string, cause?: unknown): void;
}

/** One end of what joins two slots: frames arrive whole and in order, or the transport is lost. */
export interface FrameTransport {
  /** Before the first frame is sent or can come. */
  listen(listener: TransportListener): void;
  /** Sent at once, or queued until there is room: credits bound how much that is, and it counts. Dropped when it is closed. */
  send(frame: Frame): void;
  /** The other side hears of it; this one hears nothing more. Idempotent. */
  close(): void;
}
