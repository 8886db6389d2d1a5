import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { PartReader } from '../../../yarn-bridge/rpc/codec.js';
import { DigestServer, respond } from '../../../yarn-bridge/rpc/digest-md5.js';
import { FrameReader } from '../../../yarn-bridge/rpc/frames.js';
import type { Agreement } from '../../../yarn-bridge/rpc/protection.js';
import { parseProtection } from '../../../yarn-bridge/rpc/protection.js';
import { Rc4 } from '../../../yarn-bridge/rpc/rc4.js';
import { type SecurityLayer, securityLayer } from '../../../yarn-bridge/rpc/security-layer.js';
import { Wrapping } from '../../../yarn-bridge/rpc/wrapping.js';

interface Step {
  dir: 'client->server' | 'server->client';
  plainFrameHex: string;
  saslTokenHex: string;
  wireHex: string;
}
interface Vectors {
  digestMd5: Array<{ name: string; ha1Hex: string }>;
  securityLayers: Array<{ name: string; steps: Step[] }>;
}

const vectors = JSON.parse(readFileSync(new URL('fixtures/hadoop-rpc.json', import.meta.url), 'utf8')) as Vectors;
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const ha1 = bytes('bae7b4f7da1aa642bca6328ceff630de');
const KINDS: Agreement[] = [
  { qop: 'auth-int', ha1 },
  { qop: 'auth-conf', cipher: 'rc4', ha1 },
  { qop: 'auth-conf', cipher: '3des', ha1 },
];

/** The captured sessions, as the agreements that they ran under. */
const captured = vectors.securityLayers.map(({ name, steps }) => {
  const exchange = vectors.digestMd5.find(d => d.name.startsWith(name.slice(0, 8)))!;
  const secret = bytes(exchange.ha1Hex);
  const agreement: Agreement =
    name === 'auth-int' ? { qop: 'auth-int', ha1: secret } : { qop: 'auth-conf', cipher: 'rc4', ha1: secret };
  return { name, steps, agreement };
});

function sides(agreement: Agreement): [SecurityLayer, SecurityLayer] {
  return [securityLayer('client', agreement)!, securityLayer('server', agreement)!];
}

describe("The security layers of Hadoop's RPC", () => {
  for (const { name, steps, agreement } of captured) {
    it(`${name}: messages between a client and Apache Hadoop are wrapped to the same bytes, and unwrapped`, () => {
      const [client, server] = sides(agreement);
      for (const { dir, plainFrameHex, saslTokenHex } of steps) {
        const [sender, receiver] = dir === 'client->server' ? [client, server] : [server, client];
        const token = sender.wrap(bytes(plainFrameHex));
        expect(token.toString('hex')).to.equal(saslTokenHex);
        expect(receiver.unwrap(token).toString('hex')).to.equal(plainFrameHex);
      }
    });

    it(`${name}: frames on the wire are the captured ones`, () => {
      const header = (wire: Buffer): Buffer => {
        const part = new PartReader(wire.subarray(4)).next();
        return wire.subarray(4, 5 + part.length);
      };
      for (const dir of ['client->server', 'server->client'] as const) {
        const own = steps.filter(s => s.dir === dir);
        const [client, server] = sides(agreement);
        const layer = dir === 'client->server' ? client : server;
        const wrapping = new Wrapping(layer, header(bytes(own[0]!.wireHex)));
        for (const step of own) expect(wrapping.wrap(bytes(step.plainFrameHex)).toString('hex')).to.equal(step.wireHex);
      }
    });
  }

  for (const agreement of KINDS) {
    const name = agreement.cipher ?? 'auth-int';

    it(`${name}: messages of every length come out as they went in, both ways`, () => {
      const [client, server] = sides(agreement);
      for (let length = 0; length < 40; length++) {
        const message = Buffer.alloc(length, length);
        expect(server.unwrap(client.wrap(message)).equals(message), `${length} bytes up`).to.equal(true);
        expect(client.unwrap(server.wrap(message)).equals(message), `${length} bytes down`).to.equal(true);
      }
    });

    it(`${name}: a message with any byte changed is refused`, () => {
      const length = sides(agreement)[0].wrap(Buffer.from('a message')).length;
      for (let at = 0; at < length; at++) {
        const [client, server] = sides(agreement);
        const token = client.wrap(Buffer.from('a message'));
        token[at]! ^= 1;
        expect(() => server.unwrap(token), `byte ${at}`).to.throw(/changed on its way|wrong form|was due/);
      }
    });

    it(`${name}: a message that is repeated, left out or came back is refused`, () => {
      const [client, server] = sides(agreement);
      const [first, second] = [client.wrap(Buffer.from('1')), client.wrap(Buffer.from('2'))];
      server.unwrap(first);
      expect(() => server.unwrap(first)).to.throw('protected message 0 came where 1 was due');
      expect(() => sides(agreement)[1].unwrap(second)).to.throw('protected message 1 came where 0 was due');
      expect(() => sides(agreement)[0].unwrap(first), 'reflected').to.throw(/changed on its way/);
      expect(() => sides(agreement)[1].unwrap(first.subarray(7))).to.throw(/wrong form|changed on its way/);
      expect(() => sides(agreement)[1].unwrap(Buffer.alloc(0))).to.throw(/wrong form/);
    });
  }

  it('what is encrypted cannot be read, and two equal messages do not look alike', () => {
    for (const agreement of KINDS.slice(1)) {
      const [client] = sides(agreement);
      const secret = Buffer.from('a password in a launch context');
      const [a, b] = [client.wrap(secret), client.wrap(secret)];
      expect(a.includes(secret)).to.equal(false);
      expect(a.subarray(0, 8).equals(b.subarray(0, 8))).to.equal(false);
    }
  });

  it('RC4 is RC4', () => {
    expect(new Rc4(Buffer.from('Key')).update(Buffer.from('Plaintext')).toString('hex')).to.equal('bbf316e8d940af0ad3');
    const [whole, pieces] = [new Rc4(Buffer.from('Wiki')), new Rc4(Buffer.from('Wiki'))];
    const text = Buffer.from('pedia');
    const joined = Buffer.concat([pieces.update(text.subarray(0, 2)), pieces.update(text.subarray(2))]);
    expect(joined.equals(whole.update(text))).to.equal(true);
    expect(joined.toString('hex')).to.equal('1021bf0420');
  });

  it('frames are cut to what the peer takes, and joined again wherever they were cut', () => {
    const [client, server] = sides(KINDS[1]!);
    const header = new PartReader(bytes(captured[0]!.steps[0]!.wireHex).subarray(4)).next();
    const delimited = Buffer.concat([Buffer.from([header.length]), header]);
    const sender = new Wrapping(client, delimited, 10);
    const receiver = new Wrapping(server, delimited);
    const outer = new FrameReader();
    const frames = ['00000003616263', '00000000', `00000020${'ab'.repeat(32)}`];
    outer.push(sender.wrap(bytes(frames.join(''))));
    const out: string[] = [];
    let messages = 0;
    for (let f = outer.next(); f; f = outer.next()) {
      messages++;
      for (const inner of receiver.unwrap(f, 'RpcRequestHeader')) out.push(inner.toString('hex'));
    }
    expect(out).to.deep.equal(frames.map(f => f.slice(8)));
    expect(messages).to.equal(5);
  });
});

describe('hadoop.rpc.protection', () => {
  const login = { username: 'u', password: 'p' };

  it('is one level or several, in any case', () => {
    expect(parseProtection('authentication')).to.deep.equal(['auth']);
    expect(parseProtection('Privacy, integrity')).to.deep.equal(['auth-conf', 'auth-int']);
    expect(() => parseProtection('encryption')).to.throw(
      "hadoop.rpc.protection is 'encryption': it takes authentication, integrity, privacy",
    );
  });

  it('the client takes the strongest that is offered, and 3des before rc4', () => {
    const choice = (offer: string): string => {
      const { qop, cipher } = respond(`realm="default",nonce="n",${offer}`, login).agreement;
      return cipher ? `${qop} ${cipher}` : qop;
    };
    expect(choice('qop="auth"')).to.equal('auth');
    expect(choice('charset=utf-8')).to.equal('auth');
    expect(choice('qop="auth,auth-int"')).to.equal('auth-int');
    expect(choice('qop="auth,auth-conf,auth-int",cipher="rc4,3des,des"')).to.equal('auth-conf 3des');
    expect(choice('qop="auth-conf",cipher="rc4,des"')).to.equal('auth-conf rc4');
    expect(() => choice('qop="auth-conf",cipher="des,rc4-40"')).to.throw(
      'encrypts with des,rc4-40, we with 3des or rc4',
    );
    expect(() => choice('qop="token"')).to.throw('asks for the protection token');
  });

  it('the server agrees to nothing that it did not offer', () => {
    const server = new DigestServer(['auth-conf']);
    const honest = respond(server.challenge, login);
    expect(server.verify(honest.text, 'p')?.agreement).to.deep.equal(honest.agreement);
    const weaker = respond(server.challenge.replace('"auth-conf"', '"auth"'), login);
    expect(weaker.agreement.qop).to.equal('auth');
    expect(server.verify(weaker.text, 'p')).to.equal(undefined);
    expect(server.verify(honest.text.replace('cipher="3des"', 'cipher="des"'), 'p')).to.equal(undefined);
  });
});
