import { randomBytes } from 'node:crypto';
import {
  type ApplicationAttemptId,
  type ContainerId,
  decodeMessage,
  type NMToken,
  type NodeId,
  type Resource,
  type Token,
} from '../../rpc/index.js';
import { mintToken, tokenPassword } from '../tokens.js';

export interface MasterKey {
  id: number;
  key: Buffer;
}

interface StoredSecrets {
  masters: MasterKey;
  nextMasters: MasterKey | undefined;
  nodes: Buffer;
  containers: Buffer;
}

export interface AmTokenIdentifier {
  appAttemptId: ApplicationAttemptId;
  keyId: number;
}

/** Milliseconds. */
export interface RollTimes {
  /** A new master key each time. */
  interval: number;
  /** From the new key to the end of the old one: meanwhile both are good. */
  activation: number;
}

const KEY_BYTES = 20;
const CONTAINER_TOKEN_LIFE_MS = 600_000;

/** The keys behind AMRMTokens, NMTokens and container tokens. They outlive a restart; those of AMRMTokens roll. */
export class TokenSecrets {
  private stored: StoredSecrets;
  private rollTimer: NodeJS.Timeout | undefined;
  private activationTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly times: RollTimes,
    stored: StoredSecrets | undefined,
    private readonly save: (secrets: StoredSecrets) => void,
  ) {
    const key = (): Buffer => randomBytes(KEY_BYTES);
    const first = { id: randomBytes(4).readInt32BE(), key: key() };
    this.stored = stored ?? { masters: first, nextMasters: undefined, nodes: key(), containers: key() };
    this.save(this.stored);
    this.rollTimer = setInterval(() => this.roll(), times.interval);
    this.rollTimer.unref();
    if (this.stored.nextMasters) this.activateLater();
  }

  close(): void {
    clearInterval(this.rollTimer);
    clearTimeout(this.activationTimer);
  }

  get nodeKey(): Buffer {
    return this.stored.nodes;
  }

  get containerKey(): Buffer {
    return this.stored.containers;
  }

  /** Of the key that is about to be the only one, if there is one. */
  get nextKeyId(): number | undefined {
    return this.stored.nextMasters?.id;
  }

  /** By the newest key. */
  amToken(appAttemptId: ApplicationAttemptId): Token {
    const { masters, nextMasters } = this.stored;
    const { id, key } = nextMasters ?? masters;
    return mintToken(key, 'YARN_AM_RM_TOKEN', 'AMRMTokenIdentifier', { appAttemptId, keyId: id });
  }

  /** Undefined: made by a key that is no longer good. */
  amPassword(identifier: Uint8Array): Buffer | undefined {
    const { keyId } = decodeMessage<AmTokenIdentifier>('AMRMTokenIdentifier', Buffer.from(identifier));
    const { masters, nextMasters } = this.stored;
    const master = [nextMasters, masters].find(m => m?.id === keyId);
    return master && tokenPassword(master.key, identifier);
  }

  nmToken(appAttemptId: ApplicationAttemptId, nodeId: NodeId, appSubmitter: string): NMToken {
    const identifier = { appAttemptId, nodeId, appSubmitter, keyId: 1 };
    const service = `${nodeId.host}:${nodeId.port}`;
    return { nodeId, token: mintToken(this.stored.nodes, 'NMToken', 'NMTokenIdentifier', identifier, service) };
  }

  containerToken(container: {
    containerId: ContainerId;
    nmHostAddr: string;
    appSubmitter: string;
    resource: Resource;
    priority: number;
    /** The ResourceManager's start. */
    rmIdentifier: number;
    creationTime: number;
  }): Token {
    const identifier = {
      ...container,
      priority: { priority: container.priority },
      expiryTimeStamp: container.creationTime + CONTAINER_TOKEN_LIFE_MS,
      masterKeyId: 1,
    };
    return mintToken(
      this.stored.containers,
      'ContainerToken',
      'ContainerTokenIdentifier',
      identifier,
      container.nmHostAddr,
    );
  }

  private roll(): void {
    const { masters, nextMasters } = this.stored;
    const id = ((nextMasters ?? masters).id + 1) | 0;
    this.change({ nextMasters: { id, key: randomBytes(KEY_BYTES) } });
    this.activateLater();
  }

  private activateLater(): void {
    clearTimeout(this.activationTimer);
    this.activationTimer = setTimeout(() => {
      this.change({ masters: this.stored.nextMasters!, nextMasters: undefined });
    }, this.times.activation);
    this.activationTimer.unref();
  }

  private change(change: Partial<StoredSecrets>): void {
    this.stored = { ...this.stored, ...change };
    this.save(this.stored);
  }
}
