import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { HadoopConfiguration } from '../../../yarn-bridge/conf/index.js';
import { ResourceManagerRest, type ResourceManagerRestOptions } from '../../../yarn-bridge/rest/index.js';
import { fails } from '../../core/fs/file-system-contract.js';
import { freePort, type Handler, json, remoteException, TestingServer } from '../http/testing-server.js';

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
const APP = 'application_1795482676854_0004';

describe('ResourceManagerRest', () => {
  const servers: TestingServer[] = [];
  const clients: ResourceManagerRest[] = [];

  async function serve(handler: Handler): Promise<TestingServer> {
    const server = await TestingServer.start(handler);
    servers.push(server);
    return server;
  }

  function connect(addresses: string[], options: Partial<ResourceManagerRestOptions> = {}): ResourceManagerRest {
    const client = new ResourceManagerRest({ addresses, user: 'alice', retryDelays: [5, 5], ...options });
    clients.push(client);
    return client;
  }

  async function answering(status: number, body: unknown): Promise<{ rm: ResourceManagerRest; server: TestingServer }> {
    const server = await serve((_request, response) => json(response, status, body));
    return { rm: connect([server.url]), server };
  }

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    for (const server of servers.splice(0)) await server.close();
  });

  describe('reads', () => {
    it('a new application id and the largest container', async () => {
      const { rm, server } = await answering(200, fixture('new-application.json'));
      expect(await rm.newApplication()).to.deep.equal({
        applicationId: APP,
        maximumMemoryMb: 8192,
        maximumVcores: 8,
      });
      expect(server.received[0]).to.include({
        method: 'POST',
        url: '/ws/v1/cluster/apps/new-application?user.name=alice',
      });
    });

    it('an application that waits for its ApplicationMaster', async () => {
      const { rm } = await answering(200, fixture('app-accepted.json'));
      const report = await rm.report(APP);
      expect(report.trackingUrl).to.equal(undefined);
      expect(report).to.deep.include({
        id: APP,
        state: 'ACCEPTED',
        finalStatus: 'UNDEFINED',
        applicationTags: [],
        allocatedMb: 256,
        amHostHttpAddress: 'localhost:36403',
      });
    });

    it('an application that has ended', async () => {
      const { rm } = await answering(200, fixture('app-failed.json'));
      const report = await rm.report(APP);
      expect(report).to.deep.include({
        state: 'FAILED',
        finalStatus: 'FAILED',
        applicationTags: ['smoke'],
        finishedTime: 1795454069377,
      });
      expect(report.diagnostics).to.include('exitCode: 0');
    });

    it('lists of applications with none, one and several', async () => {
      const { app } = JSON.parse(fixture('app-failed.json')) as { app: object };
      for (const [apps, count] of [
        [null, 0],
        [{}, 0],
        [{ app: null }, 0],
        [{ app }, 1],
        [{ app: [app, app] }, 2],
      ] as const) {
        const { rm } = await answering(200, { apps });
        expect(await rm.applications()).to.have.length(count);
      }
      const { rm, server } = await answering(200, fixture('apps-none.json'));
      await rm.applications({ states: ['RUNNING', 'ACCEPTED'], applicationTypes: ['Apache Flink'], user: 'bob' });
      expect(server.received[0]!.url).to.include('states=RUNNING%2CACCEPTED');
      expect(server.received[0]!.url).to.include('applicationTypes=Apache%20Flink').and.to.include('&user=bob');
    });

    it('attempts, and a single container that comes without a list', async () => {
      const attempts = await (await answering(200, fixture('appattempts.json'))).rm.appAttempts(APP);
      expect(attempts).to.have.length(1);
      expect(attempts[0]).to.deep.include({
        attemptId: 'appattempt_1795482676854_0004_000001',
        number: 1,
        state: 'LAUNCHED',
        containerId: 'container_1795482676854_0004_01_000001',
        nodeHttpAddress: 'localhost:36403',
      });
      const one = await (await answering(200, fixture('containers-one.json'))).rm.containers(APP, 'a');
      expect(one).to.have.length(1);
      expect(one[0]).to.deep.include({ memoryMb: 256, vcores: 1, state: 'RUNNING', startedTime: 1795484400247 });
      expect(await (await answering(200, '{}')).rm.containers(APP, 'a')).to.deep.equal([]);
    });

    it('metrics, nodes and the cluster', async () => {
      const metrics = await (await answering(200, fixture('metrics.json'))).rm.metrics();
      expect(metrics).to.include({ totalMb: 8192, availableMb: 7936, availableVcores: 7, activeNodes: 1 });
      const nodes = await (await answering(200, fixture('nodes.json'))).rm.nodes();
      expect(nodes[0]).to.include({
        state: 'RUNNING',
        httpAddress: 'localhost:36403',
        availableMb: 7936,
        containers: 1,
      });
      expect(await (await answering(200, { nodes: null })).rm.nodes(['LOST'])).to.deep.equal([]);
      const info = await (await answering(200, fixture('info.json'))).rm.clusterInfo();
      expect(info).to.include({ haState: 'ACTIVE', hadoopVersion: '3.4.2' });
    });

    it('the queues of the capacity scheduler as one list', async () => {
      const queues = await (await answering(200, fixture('scheduler-capacity.json'))).rm.queues();
      expect(queues.map(queue => [queue.path, queue.leaf])).to.deep.equal([
        ['root', false],
        ['root.default', true],
      ]);
      expect(queues[1]).to.deep.include({
        name: 'default',
        state: 'RUNNING',
        capacity: 100,
        absoluteUsedCapacity: 3.125,
        usedMb: 256,
        maxMb: 8192,
        maxAllocationMb: 8192,
        amLimitMb: 4096,
        amUsedMb: 256,
        applications: 1,
        maxApplications: 1000,
      });
    });

    it('nested queues without paths, those of the fair scheduler, and none of the fifo scheduler', async () => {
      const old = {
        type: 'capacityScheduler',
        queueName: 'root',
        capacity: 100,
        queues: { queue: [{ queueName: 'a', capacity: 40, queues: { queue: { queueName: 'b', capacity: 50 } } }] },
      };
      const nested = await (await answering(200, { scheduler: { schedulerInfo: old } })).rm.queues();
      expect(nested.map(queue => [queue.path, queue.leaf, queue.absoluteCapacity])).to.deep.equal([
        ['root', false, 100],
        ['root.a', false, 40],
        ['root.a.b', true, 20],
      ]);
      const fair = {
        type: 'fairScheduler',
        rootQueue: {
          queueName: 'root',
          maxResources: { memory: 1, vCores: 1 },
          childQueues: { queue: [{ queueName: 'root.x', numActiveApps: 2, numPendingApps: 1, childQueues: {} }] },
        },
      };
      const fairQueues = await (await answering(200, { scheduler: { schedulerInfo: fair } })).rm.queues();
      expect(fairQueues.map(queue => [queue.name, queue.path, queue.applications])).to.deep.equal([
        ['root', 'root', 0],
        ['x', 'root.x', 3],
      ]);
      const fifo = { type: 'fifoScheduler', capacity: 1, usedCapacity: 0, qstate: 'RUNNING' };
      const fifoQueues = await (await answering(200, { scheduler: { schedulerInfo: fifo } })).rm.queues();
      expect(fifoQueues.map(queue => queue.name)).to.deep.equal(['default']);
    });

    it('and names the field that does not fit', async () => {
      const { rm } = await answering(200, { app: { id: APP, state: 'DANCING', finalStatus: 'UNDEFINED' } });
      const error = await fails('REMOTE', () => rm.report(APP));
      expect(error.message).to.include('app.state');
      const html = await serve((_request, response) => response.end('<html><body>Welcome</body></html>'));
      const other = await fails('REMOTE', () => connect([html.url]).metrics());
      expect(other.message).to.include("'Welcome'").and.to.include(`127.0.0.1:${html.port}`);
    });
  });

  describe('submits and kills', () => {
    it('by the body it was given, as JSON', async () => {
      const server = await serve((_request, response) => response.writeHead(202).end());
      await connect([server.url]).submit({ 'application-id': APP, 'application-name': 'wörd "count"' });
      const [request] = server.received;
      expect(request!.headers['content-type']).to.equal('application/json');
      expect(JSON.parse(request!.body)).to.deep.equal({ 'application-id': APP, 'application-name': 'wörd "count"' });
    });

    it('and waits for the end of a killed application if asked to', async () => {
      let asked = 0;
      const server = await serve((_request, response) => {
        const done = ++asked >= 3;
        json(response, done ? 200 : 202, { state: done ? 'KILLED' : 'ACCEPTED' });
      });
      const rm = connect([server.url]);
      expect(await rm.kill(APP)).to.equal('ACCEPTED');
      expect(await rm.kill(APP, { wait: 5000 })).to.equal('KILLED');
      expect(server.received.map(r => `${r.method} ${r.body}`)).to.deep.equal(Array(3).fill('PUT {"state":"KILLED"}'));
    });
  });

  for (const [internal, reported] of [
    ['KILLING', 'RUNNING'],
    ['FINAL_SAVING', 'RUNNING'],
    ['FINISHING', 'FINISHED'],
  ]) {
    it(`gives the state ${internal}, which no report has, as ${reported}`, async () => {
      const { rm } = await answering(200, { state: internal });
      expect(await rm.state(APP)).to.equal(reported);
    });
  }

  it('goes on asking while an application is being killed', async () => {
    const states = ['ACCEPTED', 'KILLING', 'FINAL_SAVING', 'KILLED'];
    const server = await serve((_request, response) => json(response, 202, { state: states.shift() }));
    expect(await connect([server.url]).kill(APP, { wait: 5000 })).to.equal('KILLED');
  });

  describe('makes errors of refusals', () => {
    const refusals: Array<[number, string, string, string, RegExp]> = [
      [
        400,
        'BadRequestException',
        'java.lang.Exception: Requested more memory than configured max',
        'INVALID_RESOURCE_REQUEST',
        /^YARN refused to submit application_\d+_0004: Requested more memory than configured max \(400/,
      ],
      [
        400,
        'BadRequestException',
        'java.lang.Exception: Requested more cores than configured max',
        'INVALID_RESOURCE_REQUEST',
        /more cores/,
      ],
      [
        400,
        'BadRequestException',
        'java.lang.Exception: Invalid resource request! Cannot allocate containers',
        'INVALID_RESOURCE_REQUEST',
        /Invalid resource/,
      ],
      [400, 'BadRequestException', 'java.lang.Exception: Could not parse application id foo', 'REMOTE', /parse/],
      [403, 'AuthorizationException', 'User alice may not', 'ACCESS_DENIED', /alice/],
      [403, 'SomethingException', 'User alice may not', 'ACCESS_DENIED', /alice/],
      [503, 'NullPointerException', 'uri is null', 'REMOTE', /uri is null/],
      [404, 'NotFoundException', `app with id: ${APP} not found`, 'APPLICATION_NOT_FOUND', /not found/],
    ];
    for (const [status, exception, message, code, expected] of refusals) {
      it(`${status} ${exception} '${message}' is ${code}`, async () => {
        const server = await serve((_request, response) => remoteException(response, status, exception, message));
        const rm = connect([server.url]);
        const error = await fails(code, () => rm.submit({ 'application-id': APP }));
        expect(error.message).to.match(expected).and.to.include(`127.0.0.1:${server.port}`);
        expect(error.context).to.include({ exception, status });
        expect(server.received).to.have.length(1);
      });
    }

    it('also of one in XML', async () => {
      const xml =
        '<?xml version="1.0"?><RemoteException><exception>WebApplicationException</exception></RemoteException>';
      const { rm } = await answering(503, xml);
      expect((await fails('REMOTE', () => rm.metrics())).message).to.include('WebApplicationException');
    });

    it('names Kerberos where the server asks for authentication', async () => {
      const { rm } = await answering(401, '<html>Authentication required</html>');
      expect((await fails('AUTHENTICATION_FAILED', () => rm.metrics())).message).to.include('Kerberos');
    });

    it('refuses what is no application id before asking', async () => {
      const { rm, server } = await answering(200, {});
      expect((await fails('ILLEGAL_ARGUMENT', () => rm.report('../nodes'))).message).to.include("'../nodes'");
      await fails('ILLEGAL_ARGUMENT', () => rm.kill('foo'));
      await fails('ILLEGAL_ARGUMENT', () => rm.submit({ 'application-id': '' }));
      expect(server.received).to.deep.equal([]);
    });
  });

  describe('without an answer', () => {
    it('says where nobody listens, and what to check', async () => {
      const port = await freePort();
      const error = await fails('CONNECTION_FAILED', () => connect([`http://127.0.0.1:${port}`]).metrics());
      expect(error.message).to.include(`127.0.0.1:${port}`).and.to.include('yarn.resourcemanager.webapp.address');
      expect(error.retry).to.equal('backoff');
    });

    it('does not wait for ever', async () => {
      const server = await serve(() => {});
      const rm = connect([server.url], { callTimeout: 40 });
      const error = await fails('TIMEOUT', () => rm.metrics());
      expect(error.message).to.include('40 ms');
      // On a busy host its time may be over before the request is there.
      expect(server.received.length).to.be.at.most(1);
    });

    it('tries again while the server is not ready', async () => {
      let calls = 0;
      const server = await serve((_request, response) => {
        if (++calls < 3) response.writeHead(503).end();
        else json(response, 200, fixture('info.json'));
      });
      expect((await connect([server.url]).clusterInfo()).state).to.equal('STARTED');
    });

    it('ends a call when it is closed', async () => {
      const server = await serve(() => rm.close());
      const rm = connect([server.url]);
      await fails('ILLEGAL_STATE', () => rm.metrics());
    });
  });

  describe('while the ResourceManager recovers', () => {
    it('takes refused connections and 404 for passing, for as long as it was told', async () => {
      let calls = 0;
      const server = await serve((request, response) => {
        if (/\/info\b/.test(request.url ?? '')) return recovering(response);
        calls++;
        if (calls === 1) request.socket.destroy();
        else if (calls <= 4) remoteException(response, 404, 'NotFoundException', `app with id: ${APP} not found`);
        else json(response, 200, fixture('app-accepted.json'));
      });
      const rm = connect([server.url]);
      expect((await rm.report(APP, { keepTrying: 5000 })).state).to.equal('ACCEPTED');
    });

    it('gives up at the end of that time', async () => {
      const server = await serve((request, response) => {
        if (/\/info\b/.test(request.url ?? '')) return recovering(response);
        remoteException(response, 404, 'NotFoundException');
      });
      const rm = connect([server.url]);
      await fails('APPLICATION_NOT_FOUND', () => rm.report(APP, { keepTrying: 300 }));
      expect(asked(server).filter(what => what === APP)).to.have.length(2);
    });

    it('gives up at once where the ResourceManager is active, for then it has recovered', async () => {
      const server = await serve((request, response) => {
        if (/\/info\b/.test(request.url ?? '')) return json(response, 200, fixture('info.json'));
        remoteException(response, 404, 'NotFoundException');
      });
      const rm = connect([server.url]);
      await fails('APPLICATION_NOT_FOUND', () => rm.report(APP, { keepTrying: 60_000 }));
      expect(asked(server)).to.deep.equal([APP, 'info', APP]);
    });

    it('asks once more when it has become active, for what it had not known may be there', async () => {
      let active = false;
      const server = await serve((request, response) => {
        if (/\/info\b/.test(request.url ?? '')) {
          active = true;
          return json(response, 200, fixture('info.json'));
        }
        if (active) json(response, 200, fixture('app-accepted.json'));
        else remoteException(response, 404, 'NotFoundException');
      });
      expect((await connect([server.url]).report(APP, { keepTrying: 1000 })).state).to.equal('ACCEPTED');
    });

    const recovering = (response: ServerResponse): void =>
      json(response, 200, fixture('info.json').replace('"ACTIVE"', '"INITIALIZING"'));
    const asked = ({ received }: TestingServer): string[] => received.map(({ url }) => /([^/?]+)(\?|$)/.exec(url)![1]!);
  });

  describe('with several ResourceManagers', () => {
    const active: Handler = (_request, response) => json(response, 200, fixture('metrics.json'));

    it('follows the redirect of a standby, and goes to the active one first next time', async () => {
      const second = await serve(active);
      const first = await serve((request, response) => {
        response.writeHead(307, { Location: `${second.url}${request.url}` }).end('This is standby RM');
      });
      const rm = connect([first.url, second.url]);
      expect((await rm.metrics()).totalMb).to.equal(8192);
      expect(second.received).to.have.length(1);
      // A standby may call the active one by a name that the configuration does not have.
      expect((await connect([first.url]).metrics()).totalMb).to.equal(8192);
    });

    it('goes on from one that is down, from one without an active one, and from a standby that answers info itself', async () => {
      const second = await serve(active);
      const down = `http://127.0.0.1:${await freePort()}`;
      const rm = connect([down, second.url]);
      await rm.metrics();
      await rm.metrics();
      expect(second.received).to.have.length(2);

      const unsure = await serve((_request, response) => {
        response
          .writeHead(200, { 'Content-Type': 'text/plain' })
          .end('This is standby RM. There is currently no active RM.');
      });
      expect((await connect([unsure.url, second.url]).metrics()).totalMb).to.equal(8192);

      const info = fixture('info.json');
      const standbyInfo = await serve((_request, response) => json(response, 200, info.replace('ACTIVE', 'STANDBY')));
      const activeInfo = await serve((_request, response) => json(response, 200, info));
      expect((await connect([standbyInfo.url, activeInfo.url]).clusterInfo()).haState).to.equal('ACTIVE');
    });

    it('waits for one to become active, and names all of them when none does', async () => {
      let ready = false;
      const handler: Handler = (request, response) => {
        if (ready) return active(request, response, '');
        response.writeHead(200, { 'Content-Type': 'text/plain' }).end('This is standby RM.');
      };
      const first = await serve((request, response) => {
        if (first.received.length >= 2) ready = true;
        return handler(request, response, '');
      });
      const second = await serve(handler);
      expect((await connect([first.url, second.url]).metrics()).totalMb).to.equal(8192);

      const none = [await freePort(), await freePort()].map(port => `http://127.0.0.1:${port}`);
      const error = await fails('CONNECTION_FAILED', () => connect(none, { failoverTimeout: 50 }).metrics());
      for (const address of none) expect(error.message).to.include(address.slice('http://'.length));
    });
  });

  it('takes its addresses from the configuration', async () => {
    const server = await serve(active200);
    const conf = HadoopConfiguration.fromRecord({ 'yarn.resourcemanager.webapp.address': `127.0.0.1:${server.port}` });
    const rm = ResourceManagerRest.fromConfiguration(conf, 'alice');
    clients.push(rm);
    expect((await rm.metrics()).totalNodes).to.equal(1);
  });
});

const active200: Handler = (_request, response) => json(response, 200, fixture('metrics.json'));
