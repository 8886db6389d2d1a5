import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { Duplex, Transform, type TransformCallback } from 'node:stream';

const NEWLINE = 0x0a;

/**
 * Percent-encodes the bytes beyond ASCII of request lines. Hadoop's Java client and curl send a path's UTF-8 as it is, which
 * Apache's servers take and Node's parser refuses. Bodies pass untouched.
 */
export class RequestLineEncoder extends Transform {
  private part: 'line' | 'headers' | 'body' | 'rest' = 'line';
  private header = '';
  private left = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let at = 0;
    while (at < chunk.length) at = this.pass(chunk, at);
    done();
  }

  /** Hands on a piece that lies in one part of a request; where the next begins. */
  private pass(chunk: Buffer, from: number): number {
    if (this.part === 'rest') return this.hand(chunk, from, chunk.length);
    if (this.part === 'body') {
      const to = Math.min(chunk.length, from + this.left);
      this.left -= to - from;
      if (this.left === 0) this.part = 'line';
      return this.hand(chunk, from, to);
    }
    const end = chunk.indexOf(NEWLINE, from);
    const to = end < 0 ? chunk.length : end + 1;
    const text = chunk.toString('latin1', from, to);
    if (this.part === 'line') {
      this.push(
        text.replace(/[\x80-\xff]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
        'latin1',
      );
      if (end >= 0 && text.trim() !== '') this.part = 'headers';
      return to;
    }
    this.header += text;
    if (end >= 0) this.readHeader();
    return this.hand(chunk, from, to);
  }

  private readHeader(): void {
    const line = this.header.trim();
    this.header = '';
    if (line === '') this.part = this.left > 0 ? 'body' : 'line';
    else if (/^transfer-encoding:/i.test(line)) this.part = 'rest';
    else this.left = Number(/^content-length:\s*(\d+)$/i.exec(line)?.[1] ?? this.left);
  }

  private hand(chunk: Buffer, from: number, to: number): number {
    this.push(chunk.subarray(from, to));
    return to;
  }
}

/** A listening door before an HTTP server, through which raw paths come. Its owner closes both. */
export function rawPathDoor(server: HttpServer): { door: Server; closeAll(): void } {
  const sockets = new Set<Socket>();
  const door = createServer({ noDelay: true }, socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    const readable = new RequestLineEncoder();
    socket.on('error', () => readable.destroy());
    const stream = Duplex.from({ readable: socket.pipe(readable), writable: socket });
    stream.on('error', () => socket.destroy());
    stream.on('close', () => socket.destroy());
    server.emit('connection', stream);
  });
  return {
    door,
    closeAll: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
