import type { ApplicationAttemptId } from '../../rpc/index.js';
import { decodeMessage, formatAttemptId, type NodeId, RpcServerError } from '../../rpc/index.js';
import type { TokenKey } from '../node-protocol.js';
import { INVALID_TOKEN, tokenPassword } from '../tokens.js';

interface NmTokenIdentifier {
  appAttemptId: ApplicationAttemptId;
  nodeId?: NodeId;
  keyId: number;
}

interface Key {
  id: number;
  key: Buffer;
}

/**
 * What a NodeManager checks NMTokens with: the ResourceManager's newest key, the one before, and for attempts that have
 * started containers here the key that they came with, because they get a new token only with a new container.
 */
export class NodeTokenKeys {
  private current: Key | undefined;
  private previous: Key | undefined;
  private readonly ofAttempts = new Map<string, Key>();

  /** Undefined before the first one came. */
  get newestId(): number | undefined {
    return this.current?.id;
  }

  set({ id, key }: TokenKey): void {
    if (id === this.current?.id) return;
    this.previous = this.current;
    this.current = { id, key: Buffer.from(key, 'base64') };
  }

  /** Throws InvalidToken, with the words of Apache Hadoop. */
  passwordOf(bytes: Buffer, node: string): Buffer {
    const identifier = decodeMessage<NmTokenIdentifier>('NMTokenIdentifier', bytes);
    const attempt = formatAttemptId(identifier.appAttemptId);
    const refuse = (why: string): never => {
      throw new RpcServerError(INVALID_TOKEN, `Given NMToken for application : ${attempt} ${why}`);
    };
    const at = `${identifier.nodeId?.host}:${identifier.nodeId?.port}`;
    if (at !== node) refuse(`is not valid for current node manager.expected : ${node} found : ${at}`);
    const key = this.keyOf(identifier) ?? refuse('seems to have been generated illegally.');
    return tokenPassword(key.key, bytes);
  }

  /** The attempt whose token this is has started a container. */
  started(bytes: Buffer): void {
    const identifier = decodeMessage<NmTokenIdentifier>('NMTokenIdentifier', bytes);
    const key = this.keyOf(identifier);
    if (key) this.ofAttempts.set(formatAttemptId(identifier.appAttemptId), key);
  }

  /** `application_…` has ended. */
  forget(application: string): void {
    const prefix = `${application.replace('application_', 'appattempt_')}_`;
    for (const attempt of this.ofAttempts.keys()) if (attempt.startsWith(prefix)) this.ofAttempts.delete(attempt);
  }

  private keyOf({ appAttemptId, keyId }: NmTokenIdentifier): Key | undefined {
    const own = this.ofAttempts.get(formatAttemptId(appAttemptId));
    return [this.previous, this.current, own].find(key => key?.id === keyId);
  }
}
