import { once } from 'node:events';
import { expect } from 'chai';
import { HdfsFileSystem, type HdfsOptions } from '../../../yarn-bridge/hdfs/index.js';
import { fails, text } from '../../core/fs/file-system-contract.js';
import { eventually } from '../../testing/eventually.js';
import { freePort, json, remoteException } from '../http/testing-server.js';
import { type Call, TestingHdfs } from './testing-hdfs.js';

/** A label too long for DNS: it can't be resolved, and no server is asked for it, however slow that may be. */
const UNKNOWN_HOST = `datanode${'7'.repeat(56)}`;

describe('HdfsFileSystem, when something goes wrong', () => {
  let hdfs: TestingHdfs;
  let fs: HdfsFileSystem;

  function connect(options: Partial<HdfsOptions> = {}): HdfsFileSystem {
    return new HdfsFileSystem({
      uri: 'hdfs://nn:8020',
      nameNodes: [hdfs.url],
      user: 'alice',
      retryDelays: [5, 5],
      ...options,
    });
  }

  /** Puts a fault to one step of one operation; `times` limits how often. */
  function break_(step: 1 | 2, op: string, how: (call: Call) => unknown, times = Number.POSITIVE_INFINITY): void {
    const before = hdfs.fault;
    hdfs.fault = async call => {
      if (call.step !== step || call.op !== op || times-- <= 0) return before(call);
      await how(call);
      return true;
    };
  }

  const answer503 = ({ response }: Call): unknown => response.writeHead(503).end('<html>Service Unavailable</html>');
  const reset = ({ request }: Call): unknown => request.socket.destroy();
  const silence = (): void => {};

  beforeEach(async () => {
    hdfs = await TestingHdfs.start();
    hdfs.namespace.write('/dir/there', Buffer.from('0123456789'), '644');
    fs = connect();
  });

  afterEach(async () => {
    await fs.close();
    await hdfs.close();
  });

  describe('writing', () => {
    it('takes 503 of the NameNode for a failure, after trying again', async () => {
      break_(1, 'CREATE', answer503);
      const error = await fails('FILE_SYSTEM', () => fs.writeFile('/dir/f', 'x'));
      expect(error.message).to.include('503').and.to.include('Service Unavailable');
      expect(hdfs.count('1 CREATE')).to.equal(3);
    });

    it('takes 503 of the DataNode for a failure, never for success', async () => {
      break_(2, 'CREATE', answer503);
      const error = await fails('FILE_SYSTEM', () => fs.writeFile('/dir/f', 'x'));
      expect(error.context).to.include({ status: 503 });
      expect(hdfs.namespace.files()).to.deep.equal(['/dir/there']);
    });

    it('sends a whole file again after a passing failure, to another DataNode and under another name', async () => {
      break_(2, 'CREATE', answer503, 1);
      break_(2, 'CREATE', reset, 1);
      await fs.writeFile('/dir/f', 'content');
      expect(hdfs.namespace.content('/dir/f')).to.equal('content');
      expect(hdfs.namespace.files()).to.deep.equal(['/dir/f', '/dir/there']);
      const creates = hdfs.calls.filter(call => call.startsWith('2 CREATE'));
      expect(new Set(creates).size).to.equal(3);
      const asked = hdfs.queries.filter((_query, i) => hdfs.calls[i]!.startsWith('1 CREATE'));
      const dataNode = new URL(hdfs.dataNodeUrl).host;
      expect(asked.map(query => query.get('excludedatanodes'))).to.deep.equal([
        null,
        dataNode,
        `${dataNode},${dataNode}`,
      ]);
    });

    it('asks for any DataNode again where there is no other one', async () => {
      break_(2, 'CREATE', answer503, 1);
      const before = hdfs.fault;
      hdfs.fault = call => {
        if (!call.query.has('excludedatanodes')) return before(call);
        remoteException(call.response, 403, 'IOException', 'Failed to find datanode');
        return true;
      };
      await fs.writeFile('/dir/f', 'content');
      expect(hdfs.namespace.content('/dir/f')).to.equal('content');
    });

    it('does not wait for ever for the NameNode or the DataNode', async () => {
      await fs.close();
      fs = connect({ callTimeout: 50, stallTimeout: 60 });
      break_(2, 'CREATE', silence);
      const data = await fails('TIMEOUT', () => fs.writeFile('/dir/f', 'x'));
      expect(data.message).to.include('60 ms').and.to.include(new URL(hdfs.dataNodeUrl).host);
      const writer = await fs.create('/dir/f');
      const stuck = await fails('TIMEOUT', async () => {
        for (;;) await writer.write(Buffer.alloc(1_000_000));
      });
      expect(stuck.message).to.include('take more bytes');
      await fails('TIMEOUT', () => writer.close());
      break_(1, 'CREATE', silence);
      expect((await fails('TIMEOUT', () => fs.writeFile('/dir/f', 'x'))).message).to.include('50 ms');
      break_(1, 'GETFILESTATUS', silence);
      await fails('TIMEOUT', () => fs.stat('/dir/f'));
      expect(hdfs.namespace.files()).to.deep.equal(['/dir/there']);
    });

    it('leaves nothing under the name, and nothing beside it, when the connection breaks in the middle', async () => {
      break_(2, 'CREATE', async ({ request, path }) => {
        const [first] = (await once(request, 'data')) as [Buffer];
        hdfs.namespace.write(path, first, '644');
        request.socket.destroy();
      });
      const writer = await fs.create('/dir/f');
      await fails('CONNECTION_FAILED', async () => {
        for (;;) await writer.write(Buffer.alloc(1_000_000));
      });
      await fails('CONNECTION_FAILED', () => writer.write(Buffer.from('more')));
      await fails('CONNECTION_FAILED', () => writer.close());
      await writer.abort();
      expect(hdfs.namespace.files()).to.deep.equal(['/dir/there']);
    });

    it('reads a refusal in two chunks, also one that comes before the last byte was sent', async () => {
      const body = JSON.stringify({ RemoteException: { exception: 'DSQuotaExceededException', message: 'full' } });
      break_(2, 'CREATE', async ({ request, response }) => {
        await once(request, 'data');
        response.writeHead(403, { 'Content-Type': 'application/json' });
        response.write(body.slice(0, 10));
        setImmediate(() => response.end(body.slice(10)));
      });
      const small = await fails('FILE_SYSTEM', () => fs.writeFile('/dir/f', 'x'));
      expect(small.context).to.include({ exception: 'DSQuotaExceededException' });
      const writer = await fs.create('/dir/f');
      const early = await fails('FILE_SYSTEM', async () => {
        for (;;) await writer.write(Buffer.alloc(1_000_000));
      });
      expect(early.message).to.include('full').and.to.include('DSQuotaExceededException');
      await writer.abort();
      expect(hdfs.namespace.files()).to.deep.equal(['/dir/there']);
    });

    it('is no faster than the DataNode takes it', async () => {
      let go = (): void => {};
      const wait = new Promise<void>(resolve => {
        go = resolve;
      });
      hdfs.fault = async ({ step, op, request }) => {
        if (step === 2 && op === 'CREATE') {
          request.pause();
          await wait;
        }
        return false;
      };
      const total = 64;
      const piece = Buffer.alloc(1_000_000, 'x');
      const writer = await fs.create('/dir/big');
      let taken = 0;
      const writing = (async () => {
        for (; taken < total; taken++) await writer.write(piece);
      })();
      let last = -1;
      const isStuck = (): boolean => {
        const stuck = taken > 0 && taken === last;
        last = taken;
        return stuck;
      };
      await eventually(isStuck, { interval: 100 });
      // The rest stands in this process's window and the kernel's buffers.
      expect(taken).to.be.lessThan(total / 2);
      go();
      await writing;
      await writer.close();
      expect(hdfs.namespace.content('/dir/big')).to.have.length(total * piece.length);
    });

    it('looks after a rename whose answer was lost', async () => {
      break_(1, 'RENAME', call => {
        hdfs.namespace.rename(call.path, call.query.get('destination')!, false);
        reset(call);
      });
      await fs.writeFile('/dir/f', 'content');
      expect(hdfs.namespace.content('/dir/f')).to.equal('content');
      expect(hdfs.count('1 RENAME')).to.equal(1);
    });

    it('repeats that rename if it was not carried out, and gives up in the end', async () => {
      break_(1, 'RENAME', reset, 1);
      await fs.writeFile('/dir/f', 'content');
      expect(hdfs.count('1 RENAME')).to.equal(2);
      break_(1, 'RENAME', reset);
      await fails('CONNECTION_FAILED', () => fs.writeFile('/dir/g', 'content'));
      expect(hdfs.namespace.files()).to.deep.equal(['/dir/f', '/dir/there']);
    });

    it('removes an upload that turns up only after it was given up', async () => {
      let path = '';
      break_(2, 'CREATE', call => {
        path = call.path;
        call.request.on('error', () => {});
      });
      const writer = await fs.create('/dir/f');
      await writer.write(Buffer.alloc(100_000));
      await eventually(() => path !== '');
      const aborted = writer.abort();
      await eventually(() => hdfs.count('1 DELETE') > 0);
      hdfs.namespace.write(path, Buffer.from('late'), '644');
      await aborted;
      expect(hdfs.namespace.files()).to.deep.equal(['/dir/there']);
    });

    it('does not append twice', async () => {
      break_(2, 'APPEND', reset);
      await fails('CONNECTION_FAILED', () => fs.append('/dir/there', Buffer.from('x')));
      expect(hdfs.count('2 APPEND')).to.equal(1);
    });

    it('aborts open writers when the file system is closed', async () => {
      const writer = await fs.create('/dir/f');
      await writer.write(Buffer.alloc(200_000));
      await fs.close();
      expect(hdfs.namespace.files()).to.deep.equal(['/dir/there']);
      await fails('ILLEGAL_STATE', () => writer.write(Buffer.from('x')));
    });
  });

  describe('reading', () => {
    it('never gives an error page for content', async () => {
      break_(1, 'OPEN', answer503);
      expect((await fails('FILE_SYSTEM', () => fs.readFile('/dir/there'))).context).to.include({ status: 503 });
      hdfs.fault = () => false;
      break_(2, 'OPEN', answer503);
      expect((await fails('FILE_SYSTEM', () => fs.readFile('/dir/there'))).context).to.include({ status: 503 });
    });

    it('goes to another DataNode', async () => {
      break_(2, 'OPEN', reset, 1);
      expect(String(await fs.readFile('/dir/there'))).to.equal('0123456789');
      const opens = hdfs.queries.filter((_query, i) => hdfs.calls[i]!.startsWith('1 OPEN'));
      expect(opens.map(query => query.get('excludedatanodes'))).to.deep.equal([null, new URL(hdfs.dataNodeUrl).host]);
    });

    it('goes on where a connection broke', async () => {
      let served = 0;
      break_(2, 'OPEN', ({ query, response, request }) => {
        const offset = Number(query.get('offset'));
        response.writeHead(200, { 'Content-Length': String(10 - offset) });
        served++;
        response.write('0123456789'.slice(offset, offset + 3), () => setImmediate(() => request.socket.destroy()));
      });
      const content = await text(await fs.open('/dir/there', { offset: 1, length: 9 }));
      expect(content).to.equal('123456789');
      expect(served).to.equal(3);
    });

    it('gives up where every connection breaks at once, as the connection failure it is', async () => {
      break_(2, 'OPEN', ({ response, request }) => {
        response.writeHead(200, { 'Content-Length': '10' });
        response.flushHeaders();
        setImmediate(() => request.socket.destroy());
      });
      await fails('CONNECTION_FAILED', () => fs.readFile('/dir/there'));
    });

    it('does not wait for ever for more bytes, but as long as its reader likes', async () => {
      await fs.close();
      fs = connect({ stallTimeout: 50, callTimeout: 60 });
      hdfs.namespace.write('/dir/big', Buffer.alloc(3_000_000, 'x'), '644');
      const stream = await fs.open('/dir/big');
      await once(stream, 'readable');
      // Nothing is waited for here but the limits that must not apply.
      await new Promise(resolve => setTimeout(resolve, 150));
      expect(stream.readableLength).to.be.lessThan(1_000_000);
      expect((await text(stream)).length).to.equal(3_000_000);
      expect(hdfs.count('2 OPEN')).to.equal(1);
      await fs.close();
      // A busy host may need longer than 60 ms for the head of an answer.
      fs = connect({ stallTimeout: 50, callTimeout: 5000 });
      break_(2, 'OPEN', ({ response }) => {
        response.writeHead(200, { 'Content-Length': '10' });
        response.write('01');
      });
      const error = await fails('TIMEOUT', () => fs.readFile('/dir/there'));
      expect(error.message).to.include('50 ms');
    });

    it('ends its connection when the reader leaves', async () => {
      let closed = false;
      break_(2, 'OPEN', ({ response }) => {
        response.on('close', () => {
          closed = true;
        });
        response.write(Buffer.alloc(100_000));
      });
      const stream = await fs.open('/dir/there');
      stream.resume();
      await once(stream, 'data');
      stream.destroy();
      await eventually(() => closed);
    });

    it('takes the bytes from a gateway that does not redirect', async () => {
      break_(1, 'OPEN', ({ response }) => response.end('from the gateway'));
      expect(String(await fs.readFile('/dir/there'))).to.equal('from the gateway');
    });
  });

  describe('metadata', () => {
    it('keeps status and exception of a refusal', async () => {
      break_(1, 'GETFILESTATUS', ({ response }) =>
        remoteException(response, 403, 'AccessControlException', 'alice may not\n\tat X'),
      );
      const error = await fails('ACCESS_DENIED', () => fs.stat('/dir/there'));
      expect(error.context).to.include({ status: 403, exception: 'AccessControlException', path: '/dir/there' });
      expect(error.message).to.include('alice may not').and.not.to.include('at X');
      await fails('ACCESS_DENIED', () => fs.exists('/dir/there'));
    });

    it('does not take the 404 of something else for a missing file', async () => {
      break_(1, 'GETFILESTATUS', ({ response }) => response.writeHead(404).end('<html>No such page</html>'));
      const error = await fails('FILE_SYSTEM', () => fs.exists('/dir/there'));
      expect(error.message).to.include('dfs.webhdfs.enabled');
    });

    it('does not take a refused mkdirs for done', async () => {
      break_(1, 'MKDIRS', ({ response }) => json(response, 200, { boolean: false }));
      await fails('FILE_SYSTEM', () => fs.mkdirs('/dir/new'));
    });

    it('does not take half an answer, or no WebHDFS answer, for one', async () => {
      break_(1, 'GETFILESTATUS', ({ response, request }) => {
        response.writeHead(200, { 'Content-Length': '100', 'Content-Type': 'application/json' });
        response.write('{"FileStatus":', () => setImmediate(() => request.socket.destroy()));
      });
      await fails('CONNECTION_FAILED', () => fs.stat('/dir/there'));
      break_(1, 'GETFILESTATUS', ({ response }) => json(response, 200, { FileStatus: { type: 'FILE' } }));
      expect((await fails('FILE_SYSTEM', () => fs.stat('/dir/there'))).message).to.include('FileStatus.');
      break_(1, 'LISTSTATUS_BATCH', ({ response }) => response.end('welcome'));
      await fails('FILE_SYSTEM', () => fs.list('/dir'));
    });

    it('lists large directories in pieces', async () => {
      break_(1, 'LISTSTATUS_BATCH', ({ query, response }) => {
        const start = query.get('startAfter');
        const names = start === null ? ['b', 'a b'] : start === 'a b' ? ['c#'] : ['d'];
        const FileStatus = names.map(pathSuffix => ({
          pathSuffix,
          type: 'FILE',
          length: 1,
          modificationTime: 1,
          owner: 'a',
          permission: '644',
        }));
        const partialListing = { FileStatuses: { FileStatus } };
        json(response, 200, { DirectoryListing: { partialListing, remainingEntries: names.includes('d') ? 0 : 1 } });
      });
      expect((await fs.list('/dir')).map(entry => entry.path)).to.deep.equal(
        ['a b', 'b', 'c#', 'd'].map(name => `hdfs://nn:8020/dir/${name}`),
      );
    });

    it('lists at once where the server knows no pieces, and does not ask for them again', async () => {
      break_(1, 'LISTSTATUS_BATCH', ({ response }) => {
        const message = 'Invalid value for webhdfs parameter "op": No enum constant LISTSTATUS_BATCH';
        remoteException(response, 400, 'IllegalArgumentException', message);
      });
      for (let i = 0; i < 2; i++) expect((await fs.list('/dir')).map(entry => entry.name)).to.deep.equal(['there']);
      expect(hdfs.count('1 LISTSTATUS_BATCH')).to.equal(1);
    });

    it('says false when there was nothing to delete, and asks only once', async () => {
      expect(await fs.delete('/dir/none')).to.equal(false);
      break_(1, 'DELETE', reset);
      await fails('CONNECTION_FAILED', () => fs.delete('/dir/there'));
      expect(hdfs.count('1 DELETE /dir/there')).to.equal(1);
    });

    it('repeats calls that are safe to repeat, and not a rename', async () => {
      break_(1, 'GETFILESTATUS', reset, 2);
      expect((await fs.stat('/dir/there')).length).to.equal(10);
      break_(1, 'RENAME', reset, 1);
      await fails('CONNECTION_FAILED', () => fs.rename('/dir/there', '/dir/moved'));
      expect(hdfs.namespace.files()).to.deep.equal(['/dir/there']);
    });

    it('ends what is under way when it is closed', async () => {
      break_(1, 'GETFILESTATUS', () => void fs.close());
      await fails('ILLEGAL_STATE', () => fs.stat('/dir/there'));
      await fails('ILLEGAL_STATE', () => fs.stat('/dir/there'));
      await fails('ILLEGAL_STATE', () => fs.readFile('/dir/there'));
    });
  });

  describe('DataNodes', () => {
    it('whose name is not known here are named, with the way out', async () => {
      hdfs.location = url => url.replace(/127\.0\.0\.1:\d+/, `${UNKNOWN_HOST}:9864`);
      for (const action of [() => fs.writeFile('/dir/f', 'x'), () => fs.readFile('/dir/there')]) {
        const error = await fails('CONNECTION_FAILED', action);
        expect(error.message).to.include(`'${UNKNOWN_HOST}:9864'`).and.to.include(`hdfs.host-map: ${UNKNOWN_HOST}=`);
      }
      const writer = await fs.create('/dir/f');
      const error = await fails('CONNECTION_FAILED', async () => {
        for (;;) await writer.write(Buffer.alloc(1_000_000));
      });
      expect(error.message).to.include('hdfs.host-map');
      await writer.abort();
    });

    it('are called by the address that hdfs.host-map gives them', async () => {
      hdfs.location = url => url.replace(/127\.0\.0\.1/, UNKNOWN_HOST);
      await fs.close();
      fs = connect({ hostMap: { [UNKNOWN_HOST]: '127.0.0.1' } });
      await fs.writeFile('/dir/f', 'x');
      expect(String(await fs.readFile('/dir/f'))).to.equal('x');
    });

    it('get the very path that was asked for, though the NameNode composes its accents', async () => {
      hdfs.location = url => url.replace('e%CC%81', '%C3%A9');
      await fs.writeFile('/e\u0301/f', 'x');
      expect(hdfs.namespace.files()).to.include('/e\u0301/f');
      expect(String(await fs.readFile('/e\u0301/f'))).to.equal('x');
    });
  });

  describe('several NameNodes', () => {
    let second: TestingHdfs;
    const standby = ({ response }: Call): unknown =>
      remoteException(response, 403, 'StandbyException', 'Operation category READ is not supported in state standby.');

    beforeEach(async () => {
      second = await TestingHdfs.start();
      second.namespace.write('/dir/there', Buffer.from('on the second'), '644');
      await fs.close();
    });

    afterEach(() => second.close());

    it('are asked in turn until one is active, which is asked first from then on', async () => {
      fs = connect({ nameNodes: [hdfs.url, second.url] });
      hdfs.fault = call => {
        standby(call);
        return true;
      };
      expect(String(await fs.readFile('/dir/there'))).to.equal('on the second');
      const asked = hdfs.calls.length;
      await fs.writeFile('/dir/f', 'x');
      await fs.rename('/dir/f', '/dir/g');
      await fs.delete('/dir/g');
      expect(hdfs.calls.length).to.equal(asked);
    });

    it('may be down: also calls that change something go on to the next', async () => {
      fs = connect({ nameNodes: [`http://127.0.0.1:${await freePort()}`, second.url] });
      await fs.rename('/dir/there', '/dir/moved');
      expect(second.namespace.files()).to.deep.equal(['/dir/moved']);
    });

    it('are waited for while they change over', async () => {
      fs = connect({ nameNodes: [hdfs.url, second.url] });
      let refusals = 4;
      hdfs.fault = second.fault = call => {
        if (refusals-- <= 0) return false;
        standby(call);
        return true;
      };
      await fs.mkdirs('/dir/new');
    });

    it('are all named when none is active in time', async () => {
      fs = connect({ nameNodes: [hdfs.url, second.url], failoverTimeout: 50 });
      hdfs.fault = second.fault = call => {
        standby(call);
        return true;
      };
      const error = await fails('CONNECTION_FAILED', () => fs.stat('/dir/there'));
      for (const one of [hdfs, second]) expect(error.message).to.include(new URL(one.url).host);
    });
  });

  it('says where nobody listens, and what to check', async () => {
    await fs.close();
    const port = await freePort();
    fs = connect({ nameNodes: [`http://127.0.0.1:${port}`] });
    for (const action of [
      () => fs.stat('/x'),
      () => fs.list('/x'),
      () => fs.writeFile('/x', ''),
      () => fs.readFile('/x'),
    ]) {
      const error = await fails('CONNECTION_FAILED', action);
      expect(error.message).to.include(`127.0.0.1:${port}`).and.to.include('fs.defaultFS');
    }
  });

  it('goes past a proxy that the environment names', async () => {
    const saved = process.env['http_proxy'];
    process.env['http_proxy'] = `http://127.0.0.1:${await freePort()}`;
    try {
      await fs.writeFile('/dir/f', 'x');
      expect(await fs.exists('/dir/f')).to.equal(true);
      expect(String(await fs.readFile('/dir/f'))).to.equal('x');
    } finally {
      if (saved === undefined) delete process.env['http_proxy'];
      else process.env['http_proxy'] = saved;
    }
  });

  it('makes every call as its user', async () => {
    await fs.writeFile('/dir/f', 'x');
    await fs.append('/dir/f', Buffer.from('y'));
    await fs.readFile('/dir/f');
    await fs.list('/dir');
    await fs.mkdirs('/dir/new');
    await fs.setPermission('/dir/f', '600');
    await fs.rename('/dir/f', '/dir/g');
    await fs.delete('/dir/g');
    expect(hdfs.queries.length).to.be.greaterThan(10);
    expect(hdfs.queries.filter(query => query.get('user.name') !== 'alice')).to.deep.equal([]);
  });
});
