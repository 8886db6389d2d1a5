import { expect } from 'chai';
import { MemoryWatch } from '../../core/memory-watch.js';

const MB = 1024 ** 2;

describe("the process's memory", () => {
  function watch(): { at(percent: number): void; warnings: string[]; shed: () => number; close(): void } {
    const warnings: string[] = [];
    let used = 0;
    let shed = 0;
    const memory = new MemoryWatch({
      subject: 'The JobManager',
      flag: '-jm (jobmanager.heap.size)',
      limit: 512 * MB,
      onWarning: m => warnings.push(m),
      onShed: () => shed++,
      rss: () => used,
      intervalMs: 1e6,
    });
    return {
      at: percent => {
        used = (512 * MB * percent) / 100;
        memory.check();
      },
      warnings,
      shed: () => shed,
      close: () => memory.close(),
    };
  }

  it('is warned of at 85 % and shed at 92 %, once each, with figures and the knob', () => {
    const { at, warnings, shed, close } = watch();
    at(84);
    expect(warnings).to.deep.equal([]);
    at(86);
    at(87);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.equal(
      'The JobManager uses 440 MB (RSS) of 512 MB, 86 %. If YARN kills it for memory, raise -jm (jobmanager.heap.size).',
    );
    expect(shed()).to.equal(0);
    at(93);
    at(94);
    expect(warnings).to.have.length(2);
    expect(warnings[1]).to.contain('shedding');
    expect(shed()).to.equal(2);
    close();
  });

  it('is not warned of again around the mark, but again after it was well below', () => {
    const { at, warnings, close } = watch();
    for (const percent of [86, 84, 86, 84]) at(percent);
    expect(warnings).to.have.length(1);
    at(70);
    at(86);
    expect(warnings).to.have.length(2);
    close();
  });
});
