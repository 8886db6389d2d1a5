import { expect } from 'chai';
import { HadoopConfiguration } from '../../../yarn-bridge/conf/index.js';
import { NodeTokenKeys } from '../../../yarn-bridge/mini/nodemanager/node-token-keys.js';
import { type StoredKeys, TokenSecrets } from '../../../yarn-bridge/mini/resourcemanager/token-secrets.js';
import type { Token } from '../../../yarn-bridge/rpc/index.js';
import { eventually } from '../../testing/eventually.js';

const ROLLS = 'yarn.resourcemanager.am-rm-tokens.master-key-rolling-interval-secs';
const NODE_ROLLS = 'yarn.resourcemanager.nm-tokens.master-key-rolling-interval-secs';
const ATTEMPT = { application_id: { id: 1, cluster_timestamp: 1_700_000_000_000 }, attemptId: 1 };
const OTHER = { ...ATTEMPT, application_id: { id: 2, cluster_timestamp: 1_700_000_000_000 } };
const NODE = { host: 'localhost', port: 4711 };

describe('The keys behind the tokens of the embedded Hadoop', () => {
  const made: TokenSecrets[] = [];
  afterEach(() => {
    for (const secrets of made.splice(0)) secrets.close();
  });

  function secretsOf(conf: Record<string, string>, stored?: StoredKeys, activated = (): void => {}) {
    const saved: StoredKeys[] = [];
    const secrets = new TokenSecrets({
      hadoop: HadoopConfiguration.fromRecord(conf),
      stored,
      save: keys => void saved.push(keys),
      nodeKeyActivated: activated,
    });
    made.push(secrets);
    return { secrets, last: () => saved.at(-1)! };
  }
  const isGood = (secrets: TokenSecrets, { identifier, password }: Token): boolean => {
    try {
      return secrets.amPassword(identifier).equals(Buffer.from(password));
    } catch {
      return false;
    }
  };

  it('outlive a restart in the middle of a roll-over, which goes on then', async () => {
    const before = secretsOf({});
    const old = before.secrets.amToken(ATTEMPT);
    const { masters, ...rest } = before.last();
    const next = { id: masters.current.id + 1, key: Buffer.from('the next key') };
    const stored = { ...rest, masters: { ...masters, next } };
    const { secrets } = secretsOf({ 'yarn.am.liveness-monitor.expiry-interval-ms': '300' }, stored);
    const renewed = secrets.amToken(ATTEMPT);
    expect([old, renewed].map(token => isGood(secrets, token))).to.deep.equal([true, true]);
    await eventually(() => !isGood(secrets, old));
    expect(isGood(secrets, renewed)).to.equal(true);
    expect(() => secrets.amPassword(old.identifier)).to.throw(
      'Invalid AMRMToken from appattempt_1700000000000_0001_000001',
    );
  });

  it('say when nodes have a new one, and only then make tokens by it', async () => {
    let activated = 0;
    const conf = { [NODE_ROLLS]: '1', 'yarn.nm.liveness-monitor.expiry-interval-ms': '300' };
    const { secrets } = secretsOf(conf, undefined, () => activated++);
    const first = secrets.nodeKey;
    const token = secrets.nmToken(ATTEMPT, NODE, 'alice').token;
    await eventually(() => secrets.nodeKey.id !== first.id);
    if (activated === 0) expect(secrets.nmToken(ATTEMPT, NODE, 'alice').token).to.deep.equal(token);
    await eventually(() => activated > 0);
    expect(secrets.nmToken(ATTEMPT, NODE, 'alice').token).to.not.deep.equal(token);
  });

  for (const [key, expiry] of [
    [ROLLS, 'yarn.am.liveness-monitor.expiry-interval-ms'],
    [NODE_ROLLS, 'yarn.nm.liveness-monitor.expiry-interval-ms'],
  ] as const) {
    it(`may not roll before the last one is gone: ${key}`, () => {
      const conf = (seconds: number) => ({ [key]: String(seconds), [expiry]: '4000' });
      expect(() => secretsOf(conf(12)))
        .to.throw(`${key} won't do`)
        .and.to.have.property('code', 'ILLEGAL_CONFIGURATION');
      secretsOf(conf(13));
    });
  }

  it('roll at most as seldom as a timer can wait', () => {
    const { secrets } = secretsOf({ [ROLLS]: String(60 * 86_400) });
    expect(secrets.nextKeyId).to.equal(undefined);
  });

  it('are kept by a NodeManager for the last two, and for attempts that have started a container', () => {
    const keys = new NodeTokenKeys();
    const set = (id: number): void => keys.set({ id, key: Buffer.from([id]).toString('base64') });
    const { secrets } = secretsOf({});
    const { id, key } = secrets.nodeKey;
    const [started, idle] = [ATTEMPT, OTHER].map(attempt => secrets.nmToken(attempt, NODE, 'alice').token);
    const taken = ({ identifier, password }: Token): boolean => {
      try {
        return keys.passwordOf(Buffer.from(identifier), 'localhost:4711').equals(Buffer.from(password));
      } catch {
        return false;
      }
    };
    keys.set({ id, key: key.toString('base64') });
    keys.started(Buffer.from(started!.identifier));
    set(id + 1);
    expect([taken(started!), taken(idle!)]).to.deep.equal([true, true]);
    set(id + 2);
    expect([taken(started!), taken(idle!)]).to.deep.equal([true, false]);
    keys.forget('application_1700000000000_0001');
    expect(taken(started!)).to.equal(false);
  });

  it('serve the node alone that the token names', () => {
    const keys = new NodeTokenKeys();
    const { secrets } = secretsOf({});
    keys.set({ id: secrets.nodeKey.id, key: secrets.nodeKey.key.toString('base64') });
    const { identifier } = secrets.nmToken(ATTEMPT, NODE, 'alice').token;
    expect(() => keys.passwordOf(Buffer.from(identifier), 'localhost:4712')).to.throw(
      'not valid for current node manager',
    );
  });
});
