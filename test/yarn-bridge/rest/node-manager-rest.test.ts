import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { NodeManagerRest, unwrapLog } from '../../../yarn-bridge/rest/index.js';
import { fails } from '../../core/fs/file-system-contract.js';
import { json, remoteException, TestingServer } from '../http/testing-server.js';

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
const CONTAINER = 'container_1795482676854_0004_01_000001';

describe('NodeManagerRest', () => {
  let server: TestingServer | undefined;
  const nodes = new NodeManagerRest({ user: 'alice' });

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  after(() => nodes.close());

  it('lists the logs of a container with their sizes as numbers', async () => {
    server = await TestingServer.start((_request, response) => json(response, 200, fixture('container-logs.json')));
    const logs = await nodes.containerLogs(`127.0.0.1:${server.port}`, CONTAINER);
    expect(logs.find(log => log.fileName === 'stdout')).to.deep.include({ fileSize: 4 });
    expect(server.received[0]!.url).to.equal(`/ws/v1/node/containers/${CONTAINER}/logs?user.name=alice`);
  });

  it('lists one log that comes without a list', async () => {
    const one = {
      containerLogsInfo: { containerLogInfo: { fileName: 'stdout', fileSize: '7', lastModifiedTime: '' } },
    };
    server = await TestingServer.start((_request, response) => json(response, 200, one));
    expect(await nodes.containerLogs(server.url, CONTAINER)).to.deep.equal([
      { fileName: 'stdout', fileSize: 7, lastModifiedTime: '' },
    ]);
  });

  it('gives a log without what the NodeManager wraps around it', async () => {
    server = await TestingServer.start((_request, response) => response.end(fixture('container-log.txt')));
    const log = await nodes.containerLog(`127.0.0.1:${server.port}`, CONTAINER, 'stderr', { size: -20 });
    expect(String(log.content)).to.equal('err\n');
    expect(log.length).to.equal(4);
    expect(server.received[0]!.url).to.equal(`/ws/v1/node/containerlogs/${CONTAINER}/stderr?user.name=alice&size=-20`);
  });

  it('says that a log is not there, whichever way the NodeManager puts it', async () => {
    server = await TestingServer.start((request, response) => {
      if (request.url?.includes('/logs'))
        remoteException(response, 500, 'WebApplicationException', 'Unknown container. X');
      else response.writeHead(404).end('java.lang.Exception: Cannot find this log on the local disk.');
    });
    const { url } = server;
    await fails('FILE_NOT_FOUND', () => nodes.containerLogs(url, CONTAINER));
    const error = await fails('FILE_NOT_FOUND', () => nodes.containerLog(url, CONTAINER, 'stdout'));
    expect(error.message).to.include('stdout').and.to.include(CONTAINER);
  });
});

describe('unwrapLog', () => {
  const wrap = (length: number, content: string): Buffer =>
    Buffer.from(
      `Container: c\nLogType:stdout\nLogLength:${length}\nLogContents:\n${content}\nEnd of LogType:stdout.\n***\n`,
    );

  it('counts bytes, not characters', () => {
    expect(String(unwrapLog(wrap(Buffer.byteLength('Grüße\n'), 'Grüße\n')).content)).to.equal('Grüße\n');
  });

  it('takes a part as long as it was asked for, of either end', () => {
    const { content, length } = unwrapLog(wrap(1000, 'last'), -4);
    expect([String(content), length]).to.deep.equal(['last', 1000]);
    expect(String(unwrapLog(wrap(3, 'all'), 100).content)).to.equal('all');
  });

  it('is not misled by a log that holds such lines itself', () => {
    const tricky = 'LogLength:1\nLogContents:\nx\nEnd of LogType:stdout.\n';
    expect(String(unwrapLog(wrap(tricky.length, tricky)).content)).to.equal(tricky);
  });

  it('takes a body without a header as it is', () => {
    expect(String(unwrapLog(Buffer.from('plain')).content)).to.equal('plain');
  });
});
