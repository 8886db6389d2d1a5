import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { MillraceError } from '../errors.js';

/** Who is at the other end, as it says itself; the handshake proves only that it knows the cluster's secret. */
export interface Peer {
  role: string;
  id: string;
}

const NONCE_BYTES = 24;
/** A peer with hundreds of threads on a busy host takes its time; one that says nothing costs a socket until then. */
const HANDSHAKE_TIMEOUT_MS = 30_000;

/** Bytes that a peer may send before it has proved the secret: a handshake needs less than one kilobyte. */
const UNPROVEN_BYTES = 16 * 1024;

/** Ends the limit of a socket whose peer has proved the secret. */
const limits = new WeakMap<WebSocket, () => void>();

/** Drops a peer that sends much before it has proved anything: a frame may be large, and is held until it is whole. */
export function limitUntilProven(socket: WebSocket, connection: Socket): void {
  const already = connection.bytesRead;
  const check = (): void => {
    if (connection.bytesRead - already > UNPROVEN_BYTES) socket.terminate();
  };
  connection.on('data', check);
  limits.set(socket, () => connection.off('data', check));
}

interface Hello {
  role: string;
  id: string;
  nonce: string;
  proof?: string;
}

/**
 * Mutual proof of a shared secret over an open WebSocket, three text messages:
 * client `{role, id, nonce}` → server `{role, id, nonce, proof}` → client `{proof}`. A proof is HMAC-SHA256 over both
 * nonces and the prover's side and name, so one side's proof is no use to the other. The secret never travels.
 */
export async function authenticateClient(socket: WebSocket, secret: string, self: Peer): Promise<Peer> {
  const nonce = randomBytes(NONCE_BYTES).toString('base64');
  const answer = nextMessage(socket);
  socket.send(JSON.stringify({ role: self.role, id: self.id, nonce }));
  const server = parseHello(await answer);
  if (!matches(server.proof, proofOf(secret, 'server', nonce, server.nonce, server.id))) {
    throw refusal(socket, 'the server does not know the secret of this cluster');
  }
  socket.send(JSON.stringify({ proof: proofOf(secret, 'client', nonce, server.nonce, self.id) }));
  return { role: server.role, id: server.id };
}

export async function authenticateServer(socket: WebSocket, secret: string, self: Peer): Promise<Peer> {
  const client = parseHello(await nextMessage(socket));
  const nonce = randomBytes(NONCE_BYTES).toString('base64');
  const answer = nextMessage(socket);
  const proof = proofOf(secret, 'server', client.nonce, nonce, self.id);
  socket.send(JSON.stringify({ role: self.role, id: self.id, nonce, proof }));
  const last = parseObject(await answer);
  const given = typeof last['proof'] === 'string' ? last['proof'] : undefined;
  if (!matches(given, proofOf(secret, 'client', client.nonce, nonce, client.id))) {
    throw refusal(socket, `${client.role || 'peer'} ${client.id} does not know the secret of this cluster`);
  }
  limits.get(socket)?.();
  return { role: client.role, id: client.id };
}

function proofOf(
  secret: string,
  side: 'client' | 'server',
  clientNonce: string,
  serverNonce: string,
  id: string,
): string {
  const text = JSON.stringify(['millrace', side, clientNonce, serverNonce, id]);
  return createHmac('sha256', secret).update(text).digest('base64');
}

function matches(given: string | undefined, expected: string): boolean {
  const a = Buffer.from(given ?? '');
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

function refusal(socket: WebSocket, message: string): MillraceError {
  socket.close(4401, 'authentication failed');
  return new MillraceError('AUTHENTICATION_FAILED', message);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // falls through
  }
  throw new MillraceError('AUTHENTICATION_FAILED', 'the peer does not speak this protocol');
}

function parseHello(text: string): Hello {
  const { role, id, nonce, proof } = parseObject(text);
  if (typeof role !== 'string' || typeof id !== 'string' || typeof nonce !== 'string' || nonce.length < 16) {
    throw new MillraceError('AUTHENTICATION_FAILED', 'the peer does not speak this protocol');
  }
  return typeof proof === 'string' ? { role, id, nonce, proof } : { role, id, nonce };
}

/** The next message as text; rejects when the socket closes first or nothing comes. */
function nextMessage(socket: WebSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      socket.off('message', onMessage);
      socket.off('close', onClose);
      socket.off('error', onError);
    };
    const onMessage = (data: RawData, isBinary: boolean): void => {
      stop();
      const text = data.toString();
      if (isBinary || text.length > 4096) {
        reject(new MillraceError('AUTHENTICATION_FAILED', 'the peer does not speak this protocol'));
      } else resolve(text);
    };
    const onClose = (code: number): void => {
      stop();
      const refused = code === 4401 ? 'the other side refused the secret' : 'connection closed during the handshake';
      reject(new MillraceError('AUTHENTICATION_FAILED', refused));
    };
    const onError = (error: Error): void => {
      stop();
      reject(new MillraceError('CONNECTION_FAILED', `connection failed during the handshake: ${error.message}`));
    };
    const timer = setTimeout(() => {
      stop();
      reject(new MillraceError('TIMEOUT', `no handshake within ${HANDSHAKE_TIMEOUT_MS} ms`));
    }, HANDSHAKE_TIMEOUT_MS);
    socket.on('message', onMessage);
    socket.on('close', onClose);
    socket.on('error', onError);
  });
}
