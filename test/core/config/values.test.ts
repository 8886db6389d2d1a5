import { expect } from 'chai';
import {
  deriveMemory,
  formatMemorySize,
  maskSecret,
  nearest,
  parseDuration,
  parseMemorySize,
} from '../../../core/config/index.js';

const MB = 1024 ** 2;

describe('memory sizes', () => {
  it('take binary units in upper or lower case', () => {
    expect(parseMemorySize('1g')).to.equal(1024 * MB);
    expect(parseMemorySize(' 512 MB ')).to.equal(512 * MB);
    expect(parseMemorySize('3 kibibytes')).to.equal(3072);
    expect(parseMemorySize('10')).to.equal(10);
  });

  it('count a bare number as MB where the command line says so', () => {
    expect(parseMemorySize('1024', 'm')).to.equal(1024 * MB);
  });

  it('refuse what is none', () => {
    for (const text of ['', 'lots', '1.5g', '-1m', '5 parsecs', '1 toString']) {
      expect(() => parseMemorySize(text), text).to.throw(/is not a memory size/);
    }
  });

  it('are printed in the largest unit that fits', () => {
    expect(formatMemorySize(1024 * MB)).to.equal('1gb');
    expect(formatMemorySize(1536 * MB)).to.equal('1536mb');
    expect(formatMemorySize(7)).to.equal('7b');
  });
});

describe('durations', () => {
  it('are milliseconds, whatever the unit', () => {
    expect(parseDuration('10 s')).to.equal(10_000);
    expect(parseDuration('500ms')).to.equal(500);
    expect(parseDuration('1 min')).to.equal(60_000);
    expect(parseDuration('PT1M30S')).to.equal(90_000);
    expect(parseDuration('250')).to.equal(250);
  });

  it('refuse what is none', () => {
    for (const text of ['', 'P', 'PT', 'soon', '1 fortnight', '-5 s']) {
      expect(() => parseDuration(text), text).to.throw(/is not a duration/);
    }
  });
});

describe('the memory split', () => {
  it('adds up to the size of the process', () => {
    for (const [mb, slots] of [
      [512, 2],
      [1024, 2],
      [1728, 1],
      [8192, 8],
    ] as const) {
      const s = deriveMemory(mb * MB, slots);
      const sum = s.code + s.overhead + s.network + s.managed + s.heapPerSlot * slots;
      expect(sum).to.be.at.most(mb * MB);
      expect(sum).to.be.greaterThan(mb * MB - slots * MB);
      expect(s.heapPerSlot).to.be.greaterThan(100 * MB);
    }
  });

  it('refuses slots that would get next to nothing, and says which size would do', () => {
    expect(() => deriveMemory(256 * MB, 8)).to.throw(/raise -tm .* to (\d+) MB/);
    const enough = Number(/to (\d+) MB/.exec(String(attempt(() => deriveMemory(256 * MB, 8))))![1]);
    expect(deriveMemory(enough * MB, 8).heapPerSlot).to.be.at.least(32 * MB);
  });
});

describe('shown values', () => {
  it('hide secrets', () => {
    expect(maskSecret('security.ssl.key-password', 'x')).to.equal('******');
    expect(maskSecret('rest.port', '8081')).to.equal('8081');
  });

  it('name the nearest candidate only for a slip', () => {
    expect(nearest('rest.prot', ['rest.port', 'rest.address'])).to.equal('rest.port');
    expect(nearest('entirely.else', ['rest.port'])).to.equal(undefined);
  });
});

function attempt(f: () => unknown): unknown {
  try {
    return f();
  } catch (error) {
    return error;
  }
}
