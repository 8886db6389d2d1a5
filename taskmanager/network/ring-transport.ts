/** HOT PATH: once per frame. */
import { messageOf } from '../../core/errors.js';
import type { Frame } from '../../core/protocol/index.js';
import { OutMessage, RingReader, RingWriter } from './byte-ring.js';
import { decodeFrame, encodeFrameParts } from './frame-codec.js';
import type { FrameTransport, TransportListener } from './frame-transport.js';
import type { NetworkMemory } from './network-memory.js';
import {
  ASLEEP,
  AWAKE,
  Gone,
  leave,
  type RingMemory,
  type RingSide,
  ring,
  type SideWords,
  WORDS_OF,
} from './ring-memory.js';

/** The standard library's types know it from ES2024 on; Node has it. */
const waitAsync = (
  Atomics as unknown as {
    waitAsync(
      words: Int32Array,
      index: number,
      value: number,
    ): { async: false; value: string } | { async: true; value: Promise<string> };
  }
).waitAsync;

export interface RingTransportOptions {
  /** What waits for room counts here. */
  memory?: NetworkMemory;
  onClosed?(): void;
}

/** Messages that are handed on before the slot's tasks get a turn. */
const TURN = 256;

/**
 * Two rings between two slots of one TaskManager, one for each direction. Nothing polls: a side that has nothing to do
 * sleeps on its bell, and is rung only while it sleeps – for a frame, for room that it waits for, and when the other
 * side is gone. What finds no room waits here, counted as the slot's; credits bound how much that is.
 */
export class RingTransport implements FrameTransport {
  private readonly control: Int32Array;
  private readonly me: SideWords;
  private readonly peer: SideWords;
  private readonly writer: RingWriter;
  private readonly reader: RingReader;
  /** Not, or not wholly, in the ring. */
  private readonly overflow: OutMessage[] = [];
  private listener: TransportListener | undefined;
  private ended = false;

  constructor(
    memory: RingMemory,
    private readonly side: RingSide,
    private readonly options: RingTransportOptions = {},
  ) {
    const { control, data, back } = memory;
    this.control = new Int32Array(control);
    this.me = WORDS_OF[side];
    this.peer = WORDS_OF[side === 'producer' ? 'consumer' : 'producer'];
    const [out, incoming] = side === 'producer' ? [data, back] : [back, data];
    this.writer = new RingWriter(this.control, this.me.head, this.peer.tail, out);
    this.reader = new RingReader(this.control, this.peer.head, this.me.tail, incoming);
  }

  listen(listener: TransportListener): void {
    this.listener = listener;
    setImmediate(this.turn);
  }

  send(frame: Frame): void {
    if (this.ended) return;
    const message = new OutMessage(...encodeFrameParts(frame));
    const waits = this.overflow.length > 0;
    if (!waits && this.writer.put(message)) {
      this.writer.publish();
      ring(this.control, this.peer);
      return;
    }
    const { memory } = this.options;
    memory?.take(message.length);
    this.overflow.push(message);
    if (!waits) this.flush();
    memory?.check();
  }

  close(): void {
    if (this.ended) return;
    this.ended = true;
    this.drop(this.overflow.length);
    leave(this.control, this.side, Gone.CLOSED);
    // A wait that nobody ends would keep all this for ever.
    ring(this.control, this.me);
    this.options.onClosed?.();
  }

  /** Messages that wait for room, for tests. */
  get waiting(): number {
    return this.overflow.length;
  }

  private readonly turn = (): void => {
    while (!this.ended) {
      this.flush();
      // What the other side wrote before it went counts.
      const gone = Atomics.load(this.control, this.peer.gone);
      const received = this.receive();
      if (this.ended) return;
      if (received > 0) {
        // Looks once more after the slot's tasks had their turn: under load it never sleeps, and nobody has to ring.
        setImmediate(this.turn);
        return;
      }
      if (gone !== 0) this.lost(gone === Gone.DIED ? 'the thread of its slot ended' : 'the connection was closed');
      else if (this.sleep()) return;
    }
  };

  /** True when it sleeps, to be woken into another turn; false when there is something to do after all. */
  private sleep(): boolean {
    const { control, me } = this;
    Atomics.store(control, me.bell, ASLEEP);
    const next = this.overflow[0];
    const busy =
      this.reader.hasMore ||
      (next !== undefined && this.writer.accepts(next)) ||
      Atomics.load(control, this.peer.gone) !== 0;
    if (!busy) {
      const wait = waitAsync(control, me.bell, ASLEEP);
      if (wait.async) {
        wait.value.then(this.turn);
        return true;
      }
    }
    Atomics.store(control, me.bell, AWAKE);
    return false;
  }

  private flush(): void {
    const { overflow, writer, control } = this;
    if (overflow.length === 0) return;
    // Set before looking for room: a reader that frees some later sees it.
    Atomics.store(control, this.me.wantsRoom, 1);
    let done = 0;
    while (done < overflow.length && writer.put(overflow[done]!)) done++;
    this.drop(done);
    if (overflow.length === 0) Atomics.store(control, this.me.wantsRoom, 0);
    writer.publish();
    ring(control, this.peer);
  }

  /** Forgets the first `count` of what waits. */
  private drop(count: number): void {
    for (const message of this.overflow.splice(0, count)) this.options.memory?.give(message.length);
  }

  /** How many messages, or parts of them, there were; at most a turn's. */
  private receive(): number {
    const { reader, control, peer } = this;
    let n = 0;
    while (n < TURN && !this.ended && reader.hasMore) {
      n++;
      try {
        const message = reader.next();
        if (Atomics.load(control, peer.wantsRoom) === 1 && reader.isHalfEmpty) ring(control, peer);
        if (message) this.listener!.onFrame(decodeFrame(message));
      } catch (error) {
        this.lost(messageOf(error), error);
      }
    }
    return n;
  }

  private lost(reason: string, cause?: unknown): void {
    this.close();
    this.listener!.onLost(reason, cause);
  }
}
