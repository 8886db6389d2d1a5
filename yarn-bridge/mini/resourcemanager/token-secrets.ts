import type { HadoopConfiguration } from '../../conf/index.js';
import {
  type ApplicationAttemptId,
  type ContainerId,
  decodeMessage,
  formatAttemptId,
  type NMToken,
  type NodeId,
  type Resource,
  RpcServerError,
  type Token,
} from '../../rpc/index.js';
import { INVALID_TOKEN, mintToken, tokenPassword } from '../tokens.js';
import { type KeyPair, type MasterKey, newKey, RollingKey, type RollTimes } from './rolling-key.js';

export interface StoredKeys {
  masters: KeyPair;
  nodes: KeyPair;
  containers: Buffer;
}

export interface AmTokenIdentifier {
  appAttemptId: ApplicationAttemptId;
  keyId: number;
}

export interface TokenSecretsOptions {
  hadoop: HadoopConfiguration;
  stored: StoredKeys | undefined;
  save(keys: StoredKeys): void;
  /** From now on NMTokens are made by another key: every attempt needs new ones. */
  nodeKeyActivated(): void;
}

const CONTAINER_TOKEN_LIFE_MS = 600_000;

/** The keys behind AMRMTokens, NMTokens and container tokens. They outlive a restart; the first two roll. */
export class TokenSecrets {
  private readonly masters: RollingKey;
  private readonly nodes: RollingKey;
  private readonly containers: Buffer;

  /** ILLEGAL_CONFIGURATION where a key would roll before its predecessor is gone. */
  constructor({ hadoop, stored, save, nodeKeyActivated }: TokenSecretsOptions) {
    const changed = (): void =>
      save({ masters: this.masters.stored, nodes: this.nodes.stored, containers: this.containers });
    const masterTimes = rollTimes(hadoop, 'am-rm-tokens', 'yarn.am.liveness-monitor.expiry-interval-ms');
    const nodeTimes = rollTimes(hadoop, 'nm-tokens', 'yarn.nm.liveness-monitor.expiry-interval-ms');
    this.masters = new RollingKey(masterTimes, stored?.masters, changed);
    this.nodes = new RollingKey(nodeTimes, stored?.nodes, changed, nodeKeyActivated);
    this.containers = stored?.containers ?? newKey();
    changed();
  }

  close(): void {
    this.masters.close();
    this.nodes.close();
  }

  /** What NodeManagers check NMTokens with: the newest, before the first token is made by it. */
  get nodeKey(): MasterKey {
    return this.nodes.newest;
  }

  get containerKey(): Buffer {
    return this.containers;
  }

  /** Of the key behind AMRMTokens that is about to be the only one, if there is one. */
  get nextKeyId(): number | undefined {
    return this.masters.next?.id;
  }

  /** By the newest key. */
  amToken(appAttemptId: ApplicationAttemptId): Token {
    const { id, key } = this.masters.newest;
    return mintToken(key, 'YARN_AM_RM_TOKEN', 'AMRMTokenIdentifier', { appAttemptId, keyId: id });
  }

  /** Throws InvalidToken for one that was made by a key that is no longer good. */
  amPassword(identifier: Uint8Array): Buffer {
    const { appAttemptId, keyId } = decodeMessage<AmTokenIdentifier>('AMRMTokenIdentifier', Buffer.from(identifier));
    const master = this.masters.find(keyId);
    if (!master) throw new RpcServerError(INVALID_TOKEN, `Invalid AMRMToken from ${formatAttemptId(appAttemptId)}`);
    return tokenPassword(master.key, identifier);
  }

  nmToken(appAttemptId: ApplicationAttemptId, nodeId: NodeId, appSubmitter: string): NMToken {
    const { id: keyId, key } = this.nodes.current;
    const identifier = { appAttemptId, nodeId, appSubmitter, keyId };
    return {
      nodeId,
      token: mintToken(key, 'NMToken', 'NMTokenIdentifier', identifier, `${nodeId.host}:${nodeId.port}`),
    };
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
    return mintToken(this.containers, 'ContainerToken', 'ContainerTokenIdentifier', identifier, container.nmHostAddr);
  }
}

/** A key that rolls is the only one after 1.5 × the time after which its holders count as gone. */
function rollTimes(hadoop: HadoopConfiguration, kind: 'am-rm-tokens' | 'nm-tokens', expiryKey: string): RollTimes {
  const key = `yarn.resourcemanager.${kind}.master-key-rolling-interval-secs`;
  const interval = hadoop.getInt(key, 86_400) * 1000;
  const activation = 1.5 * hadoop.getInt(expiryKey);
  if (interval <= 2 * activation) throw hadoop.bad(key, `it should be more than 3 X ${expiryKey}`);
  return { interval, activation };
}
