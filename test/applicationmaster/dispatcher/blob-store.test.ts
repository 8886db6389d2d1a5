import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { BlobStore } from '../../../applicationmaster/dispatcher/blob-store.js';
import { tempDir } from '../../testing/temp-dir.js';

describe('BlobStore', () => {
  const bytes = Buffer.from('export class Job {}');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  let parent: string;
  let blobs: BlobStore;
  beforeEach(() => {
    parent = tempDir();
    blobs = new BlobStore(parent);
  });
  afterEach(() => blobs.close());

  it('keeps a bundle, readable by nobody else, until the last job that uses it has ended', () => {
    blobs.put('a', sha256, bytes);
    blobs.put('b', sha256, bytes);
    const file = blobs.file(sha256)!;
    expect(readFileSync(file)).to.deep.equal(bytes);
    expect(statSync(file).mode & 0o077).to.equal(0);
    blobs.release('a');
    blobs.release('a');
    expect(existsSync(file)).to.equal(true);
    blobs.release('b');
    expect(existsSync(file)).to.equal(false);
    expect(blobs.file(sha256)).to.equal(undefined);
  });

  it('refuses bytes that are not what their hash says', () => {
    expect(() => blobs.put('a', '0'.repeat(64), bytes)).to.throw('bundle of job a is damaged');
  });

  it('knows nothing of names that are no hash', () => {
    blobs.put('a', sha256, bytes);
    expect(blobs.file(`../${readdirSync(parent)[0]}/${sha256}`)).to.equal(undefined);
    expect(blobs.file('')).to.equal(undefined);
  });

  it('makes its folder when it is needed, and leaves nothing behind', () => {
    expect(readdirSync(parent)).to.deep.equal([]);
    blobs.put('a', sha256, bytes);
    expect(readdirSync(parent)).to.have.length(1);
    blobs.close();
    expect(readdirSync(parent)).to.deep.equal([]);
    expect(existsSync(join(parent, 'any'))).to.equal(false);
  });
});
