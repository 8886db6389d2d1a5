import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { BundleStore } from '../../taskmanager/bundle-store.js';
import { tempDir } from '../testing/temp-dir.js';

describe('the bundles that a TaskManager has fetched', () => {
  const contents = new Map<string, string>();
  let server: Server;
  let fetched: number;

  beforeEach(async () => {
    fetched = 0;
    server = createServer((request, response) => {
      fetched++;
      const content = contents.get(request.url!.slice(1));
      if (content === undefined) response.writeHead(404).end();
      else response.end(content);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise(resolve => server.close(resolve)));

  function bundle(content: string): string {
    const sha256 = createHash('sha256').update(content).digest('hex');
    contents.set(sha256, content);
    return sha256;
  }

  it('stay as many as they were after 200 programs, those that slots use among them', async () => {
    const dir = tempDir();
    const store = new BundleStore({ tmpDir: dir, secret: 's' });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const files = (): string[] => readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(f => /\.mjs/.test(f));
    const used = bundle('used by a job that runs all the time');
    const usedFile = await store.file(url, used);
    const counts: number[] = [];
    for (let i = 0; i < 200; i++) {
      const sha256 = bundle(`program ${i}`);
      await store.file(url, sha256);
      // Its job has ended, the other one has not.
      store.prune(new Set([used]));
      counts.push(files().length);
    }
    expect(Math.max(...counts)).to.equal(9);
    expect(existsSync(usedFile)).to.equal(true);
    expect(fetched).to.equal(201);
    // The last programs are run again most often; an old one is fetched again.
    await store.file(url, bundle('program 199'));
    expect(fetched).to.equal(201);
    expect(existsSync(await store.file(url, bundle('program 0')))).to.equal(true);
    expect(fetched).to.equal(202);
    store.prune(new Set());
    expect(files().length).to.equal(8);
    await store.close();
    expect(files()).to.deep.equal([]);
  });

  it('are not removed while they are being fetched', async () => {
    const store = new BundleStore({ tmpDir: tempDir(), secret: 's' });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const pending = Array.from({ length: 20 }, (_, i) => store.file(url, bundle(`at once ${i}`)));
    store.prune(new Set());
    for (const file of await Promise.all(pending)) expect(existsSync(file)).to.equal(true);
    await store.close();
  });
});
