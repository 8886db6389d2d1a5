import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { decode, encode, PartReader } from '../../../yarn-bridge/rpc/codec.js';
import { Credentials, readVint, vint } from '../../../yarn-bridge/rpc/credentials.js';
import { DigestServer, digests, respond } from '../../../yarn-bridge/rpc/digest-md5.js';
import { FrameReader } from '../../../yarn-bridge/rpc/frames.js';
import { formatContainerId, parseContainerId } from '../../../yarn-bridge/rpc/ids.js';

interface Vectors {
  vint: Array<{ value: number; hex: string }>;
  tokenFiles: Array<{ name: string; hex: string; tokens: Array<{ kind: string }>; secrets: Array<{ alias: string }> }>;
  digestMd5: Array<{
    name: string;
    username: string;
    password: string;
    challenge: string;
    cnonce: string;
    qop: string;
    clientResponse: string;
    response: string;
    rspauth: string;
    ha1Hex: string;
  }>;
  frames: Array<{ name: string; dir: string; hex: string; decoded?: { rpcHeader: Record<string, unknown> } }>;
  tokenIdentifiers: Array<{ type: string; hex: string }>;
  containerIdStrings: Array<{ id: number; clusterTimestamp: number; app: number; attempt: number; text: string }>;
}

const vectors = JSON.parse(readFileSync(new URL('fixtures/hadoop-rpc.json', import.meta.url), 'utf8')) as Vectors;
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

describe("Hadoop's bytes, captured from real daemons", () => {
  it('vints are read and written alike', () => {
    for (const { value, hex } of vectors.vint) {
      expect(vint(value).toString('hex'), String(value)).to.equal(hex);
      expect(readVint(bytes(hex), 0).value).to.equal(value);
    }
  });

  for (const file of vectors.tokenFiles) {
    it(`token file: ${file.name}`, () => {
      const credentials = Credentials.read(bytes(file.hex));
      expect(credentials.tokens.map(t => t.token.kind)).to.deep.equal(file.tokens.map(t => t.kind));
      expect([...credentials.secrets.keys()]).to.deep.equal(file.secrets.map(s => s.alias));
      const again = Credentials.read(credentials.write());
      expect(again).to.deep.equal(credentials);
      if (bytes(file.hex)[4] === 0) expect(credentials.write().toString('hex')).to.equal(file.hex);
    });
  }

  it('what is no token file is refused', () => {
    for (const hex of ['', '48445453', '4844545302', '484454530005', '48445453000100ff']) {
      expect(() => Credentials.read(bytes(hex)), hex).to.throw(/no token file/);
    }
  });

  for (const v of vectors.digestMd5) {
    it(`DIGEST-MD5 ${v.name}: response and rspauth`, () => {
      const nonce = /nonce="([^"]+)"/.exec(v.challenge)![1]!;
      const { response, rspauth, ha1 } = digests({ ...v, nonce });
      expect({ response, rspauth, ha1: ha1.toString('hex') }).to.deep.equal({
        response: v.response,
        rspauth: v.rspauth,
        ha1: v.ha1Hex,
      });
      // These were captured from a client that knew only rc4; ours takes 3des if it may.
      const answer = respond(v.challenge.replace('3des,', ''), v, v.cnonce);
      expect(answer).to.deep.include({ text: v.clientResponse, rspauth: v.rspauth });
      expect(answer.agreement.qop).to.equal(v.qop);
    });
  }

  it('our DIGEST-MD5 server takes our client, and nobody with another password, nonce or count', () => {
    const server = new DigestServer();
    const { text, rspauth } = respond(server.challenge, { username: 'u', password: 'p' });
    expect(server.verify(text, 'p')?.proof).to.equal(`rspauth=${rspauth}`);
    expect(server.verify(text, 'q')).to.equal(undefined);
    expect(new DigestServer().verify(text, 'p')).to.equal(undefined);
    expect(server.verify(text.replace('nc=00000001', 'nc=00000002'), 'p')).to.equal(undefined);
    expect(server.verify('', 'p')).to.equal(undefined);
  });

  it('frames hold the headers that were captured', () => {
    let checked = 0;
    for (const { name, dir, hex, decoded } of vectors.frames) {
      if (!decoded) continue;
      const reader = new FrameReader();
      reader.push(bytes(hex));
      const parts = new PartReader(reader.next()!);
      const type = dir === 'client->server' ? 'RpcRequestHeader' : 'RpcResponseHeader';
      const part = parts.next();
      const header = decode<{ callId: number; status?: number }>(type, part);
      expect(header.callId, name).to.equal(decoded.rpcHeader['callId']);
      // Headers of requests come out of our encoder byte for byte.
      if (type === 'RpcRequestHeader')
        expect(encode(type, header).toString('hex'), name).to.equal(part.toString('hex'));
      checked++;
    }
    expect(checked).to.be.greaterThan(30);
  });

  it('a stream cut anywhere gives the same frames', () => {
    const all = Buffer.concat(vectors.frames.filter(f => f.decoded).map(f => bytes(f.hex)));
    const reader = new FrameReader();
    let frames = 0;
    for (let i = 0; i < all.length; i += 7) {
      reader.push(all.subarray(i, i + 7));
      while (reader.next()) frames++;
    }
    expect(frames).to.equal(vectors.frames.filter(f => f.decoded).length);
  });

  it('a length that no frame has is refused', () => {
    const reader = new FrameReader();
    reader.push(bytes('ffffffff'));
    expect(() => reader.next()).to.throw(RangeError);
  });

  it('token identifiers are read', () => {
    const attempt = (hex: string, type: string): unknown => decode(type, bytes(hex));
    const [amrm] = vectors.tokenIdentifiers;
    expect(attempt(amrm!.hex, 'AMRMTokenIdentifier')).to.deep.equal({
      appAttemptId: { application_id: { id: 9, cluster_timestamp: 1795453775708 }, attemptId: 1 },
      keyId: -298789325,
    });
  });

  it('container ids are text and back, with the epoch of a restarted ResourceManager', () => {
    for (const { id, clusterTimestamp, app, attempt, text } of vectors.containerIdStrings) {
      const record = {
        app_attempt_id: { application_id: { id: app, cluster_timestamp: clusterTimestamp }, attemptId: attempt },
        id,
      };
      expect(formatContainerId(record)).to.equal(text);
      expect(parseContainerId(text)).to.deep.equal(record);
    }
  });
});
