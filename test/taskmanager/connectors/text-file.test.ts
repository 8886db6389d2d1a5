import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { FileSystem } from '../../../core/fs/index.js';
import { LineReader } from '../../../taskmanager/connectors/text-file/line-reader.js';
import { splitsOf } from '../../../taskmanager/connectors/text-file/splits.js';
import { eventually } from '../../testing/eventually.js';
import { tempDir } from '../../testing/temp-dir.js';
import { TestingJob } from '../testing-job.js';
import { type TestingRun, TestingSlots } from '../testing-slots.js';

/** What a reader of the whole text gives: the plain implementation. */
function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map(l => (l.endsWith('\r') ? l.slice(0, -1) : l));
}

/** Reads one split in chunks of a size. */
function readSplit(bytes: Buffer, start: number, end: number, chunk: number): string[] {
  const reader = new LineReader(start, end);
  const lines: string[] = [];
  for (let at = LineReader.firstByte(start); ; at += chunk) {
    for (let line = reader.next(); line !== undefined; line = reader.next()) lines.push(line);
    if (reader.done) return lines;
    if (at >= bytes.length) break;
    reader.feed(bytes.subarray(at, at + chunk));
  }
  const last = reader.last();
  return last === undefined ? lines : [...lines, last];
}

describe('lines of a split', () => {
  const text = fc
    .array(fc.constantFrom('a', 'bc', '\n', '\r\n', '\r', 'é', '😀', '\ufeff', ' '), { maxLength: 40 })
    .map(p => p.join(''));

  it('each line is read once, whatever the cuts and the chunks', () => {
    fc.assert(
      fc.property(
        text,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 9 }),
        (content, parallelism, chunk) => {
          const bytes = Buffer.from(content);
          const lines = Array.from({ length: parallelism }, (_, i) =>
            splitsOf([{ path: 'f', length: bytes.length }], i, parallelism).flatMap(s =>
              readSplit(bytes, s.start, s.end, chunk),
            ),
          ).flat();
          expect(lines).to.deep.equal(linesOf(content));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('a line belongs to the split in which it begins', () => {
    const bytes = Buffer.from('one\ntwo\nthree');
    expect(readSplit(bytes, 0, 4, 100)).to.deep.equal(['one']);
    expect(readSplit(bytes, 4, 5, 100)).to.deep.equal(['two']);
    expect(readSplit(bytes, 5, 13, 100)).to.deep.equal(['three']);
    expect(readSplit(bytes, 9, 13, 100)).to.deep.equal([]);
  });

  it('splits cover all files of a folder, in order and evenly', () => {
    const files = [
      { path: 'a', length: 5 },
      { path: 'b', length: 0 },
      { path: 'c', length: 7 },
    ];
    expect(splitsOf(files, 0, 2)).to.deep.equal([
      { path: 'a', start: 0, end: 5 },
      { path: 'c', start: 0, end: 1 },
    ]);
    expect(splitsOf(files, 1, 2)).to.deep.equal([{ path: 'c', start: 1, end: 7 }]);
  });
});

describe('text files', () => {
  let slots: TestingSlots;
  let dir: string;
  beforeEach(async () => {
    slots = await TestingSlots.start(1);
    dir = tempDir();
  });
  afterEach(() => slots.close());

  async function read(path: string, parallelism = 1): Promise<string[]> {
    slots.printed.length = 0;
    const job = new TestingJob();
    job
      .source({ kind: 'source.text-file', path }, {}, { parallelism })
      .map((l: string) => `|${l}|`, { parallelism })
      .print('', { parallelism });
    await slots.run(job);
    return slots.lines.map(l => l.replace(/^\d+> /, ''));
  }

  async function write(path: string, elements: unknown[], parallelism = 1): Promise<void> {
    const job = new TestingJob();
    job
      .elements(elements)
      .map((x: unknown) => x, { parallelism })
      .writeAsText(path, { parallelism });
    await slots.run(job);
  }

  it('are read as Flink reads them: \\r\\n, no last line end, BOM kept, long lines across chunks', async () => {
    const long = '😀é'.repeat(100_000);
    writeFileSync(join(dir, 'f'), `\ufefffirst\r\n\n${long}\nlast`);
    expect(await read(join(dir, 'f'))).to.deep.equal(['|\ufefffirst|', '||', `|${long}|`, '|last|']);
    expect((await read(join(dir, 'f'), 4)).sort()).to.deep.equal(['|\ufefffirst|', '||', `|${long}|`, '|last|'].sort());
  });

  it('of a folder are all read, but for hidden ones', async () => {
    mkdirSync(join(dir, 'in/sub'), { recursive: true });
    for (const [name, content] of Object.entries({
      b: '2\n3',
      a: '1\n',
      '.hidden': 'x',
      _SUCCESS: 'x',
      'sub/c': 'x',
      empty: '',
    })) {
      writeFileSync(join(dir, 'in', name), content);
    }
    expect(await read(join(dir, 'in'))).to.deep.equal(['|1|', '|2|', '|3|']);
    expect((await read(join(dir, 'in'), 3)).sort()).to.deep.equal(['|1|', '|2|', '|3|']);
  });

  it('that are not there are named', async () => {
    const error = await read(join(dir, 'nope')).then(
      () => undefined,
      (e: Error) => e,
    );
    expect(error!.message).to.contain(join(dir, 'nope'));
  });

  it('are written a record a line, to one file or to one for each subtask', async () => {
    await write(join(dir, 'one'), ['a', ['b', 1], { c: null }]);
    expect(readFileSync(join(dir, 'one'), 'utf8')).to.equal('a\n(b,1)\n{"c":null}\n');
    await write(join(dir, 'two'), ['a', 'b', 'c'], 2);
    expect(readdirSync(join(dir, 'two')).sort()).to.deep.equal(['1', '2']);
    expect(['1', '2'].map(f => readFileSync(join(dir, 'two', f), 'utf8')).sort()).to.deep.equal(['a\nc\n', 'b\n']);
  });

  it('of tuples are written as CSV, without quotes and with the delimiters that were asked for', async () => {
    const csv = (records: unknown[], fieldDelimiter = ',', rowDelimiter = '\n'): Promise<TestingRun> => {
      const spec = { kind: 'sink.text-file', path: join(dir, 'csv'), overwrite: true } as const;
      const job = new TestingJob();
      job.elements(records).to({ ...spec, csv: { fieldDelimiter, rowDelimiter } }, {}, { name: 'Table' });
      return slots.run(job);
    };
    const written = (): string => readFileSync(join(dir, 'csv'), 'utf8');
    await csv([['a', 1, true], ['b, c', -0.5, 7n], []]);
    expect(written()).to.equal('a,1,true\nb, c,-0.5,7\n\n');
    await csv(
      [
        ['a', [1, 2]],
        ['b', { n: 1 }],
      ],
      ' | ',
      '\r\n',
    );
    expect(written()).to.equal('a | (1,2)\r\nb | {"n":1}\r\n');
    const failure = (records: unknown[]): Promise<string> =>
      csv(records).then(
        () => 'none',
        (e: Error) => e.message,
      );
    expect(await failure([['a', null]])).to.contain("'Table' cannot write a tuple with a <null> value at position 1");
    expect(await failure([{ a: 1 }])).to.contain("'Table' writes tuples (arrays) as CSV, it got an object");
  });

  it('without records are empty files', async () => {
    await write(join(dir, 'none'), []);
    expect(readFileSync(join(dir, 'none'), 'utf8')).to.equal('');
  });

  it('replace what an earlier attempt left, and hold more than a buffer', async () => {
    await write(join(dir, 'f'), ['old', 'older']);
    const many = Array.from({ length: 60_000 }, (_, i) => `line ${i}`);
    await write(join(dir, 'f'), many);
    expect(readFileSync(join(dir, 'f'), 'utf8')).to.equal(`${many.join('\n')}\n`);
    expect(readdirSync(dir)).to.deep.equal(['f']);
  });

  const endless = {
    run: async (ctx: { collect(x: unknown): void }) => {
      ctx.collect('so far');
      await new Promise(() => {});
    },
    cancel() {},
  };

  it('of a canceled job hold what was written so far', async () => {
    const job = new TestingJob();
    job.source({ kind: 'source.function', parallel: false }, { function: endless }).writeAsText(join(dir, 'f'));
    const run = slots.deploy(job);
    await run.running();
    expect(existsSync(join(dir, 'f'))).to.equal(false);
    await eventually(() => run.states.includes('RUNNING'));
    run.cancel();
    await run.ended();
    expect(readFileSync(join(dir, 'f'), 'utf8')).to.equal('so far\n');
    expect(readdirSync(dir)).to.deep.equal(['f']);
  });

  /** Registers `slow:`, whose one file takes its time for each write; says what was written, and what overlapped. */
  function slowFile(): { parts: string[]; overlaps: () => number } {
    const parts: string[] = [];
    let active = 0;
    let overlaps = 0;
    const step = async (action: () => void): Promise<void> => {
      if (++active > 1) overlaps++;
      await new Promise(resolve => setTimeout(resolve, 2));
      action();
      active--;
    };
    const writer = {
      write: (data: Uint8Array) => step(() => void parts.push(Buffer.from(data).toString())),
      close: () => step(() => void parts.push('closed')),
      abort: async () => {},
    };
    slots.fileSystems.register(
      'slow',
      () => ({ create: async () => writer, close: async () => {} }) as unknown as FileSystem,
    );
    return { parts, overlaps: () => overlaps };
  }

  it('of a canceled job are closed after the write that is under way', async () => {
    const { parts, overlaps } = slowFile();
    const job = new TestingJob();
    job.sequence(1, 1e9).writeAsText('slow:///f');
    const run = slots.deploy(job);
    await eventually(() => parts.length > 2, { interval: 1 });
    run.cancel();
    await run.ended();
    expect(parts.at(-1)).to.equal('closed');
    expect(overlaps()).to.equal(0);
  });

  it('are written in order to a file system that takes its time', async () => {
    const { parts, overlaps } = slowFile();
    const many = Array.from({ length: 30_000 }, (_, i) => `line ${i}`);
    await write('slow:///f', many);
    expect(overlaps()).to.equal(0);
    expect(parts.pop()).to.equal('closed');
    expect(parts.length).to.be.greaterThan(2);
    expect(parts.join('')).to.equal(`${many.join('\n')}\n`);
  });

  it('of a failed job do not appear, and leave nothing', async () => {
    const job = new TestingJob();
    const bad = (x: number): number => {
      if (x > 2) throw new Error('no');
      return x;
    };
    job.sequence(1, 5).map(bad).writeAsText(join(dir, 'f'));
    await slots.run(job).catch(() => {});
    expect(readdirSync(dir)).to.deep.equal([]);
  });
});
