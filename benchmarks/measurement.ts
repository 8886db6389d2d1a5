import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RESULTS = fileURLToPath(new URL('results', import.meta.url));

/** The value below which the share `q` of the sorted values lies. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** Collects the values of each figure over the runs; prints medians and keeps every run. */
export class Measurement {
  private readonly figures = new Map<string, { unit: string; values: number[] }>();

  constructor(
    private readonly name: string,
    private readonly setting: Record<string, unknown>,
  ) {}

  add(figure: string, value: number, unit: string): void {
    const entry = this.figures.get(figure) ?? { unit, values: [] };
    entry.values.push(value);
    this.figures.set(figure, entry);
  }

  print(): void {
    for (const [figure, { unit, values }] of this.figures) {
      const [min, median, p99, max] = [0, 0.5, 0.99, 1].map(q => format(quantile(values, q)));
      const spread = values.length >= 100 ? `${min} … ${max}, p99 ${p99}` : `${min} … ${max}`;
      console.log(`${figure.padEnd(72)} ${median!.padStart(7)} ${unit.padEnd(4)} (${spread}, n=${values.length})`);
    }
  }

  /** Appends one JSON line: setting, machine, versions, and every value. */
  keep(): void {
    keepLine(this.name, this.setting, { figures: Object.fromEntries(this.figures) });
  }
}

/** Appends to results/<name>.jsonl: setting, machine, versions, and what was measured. Returns the line. */
export function keepLine(name: string, setting: Record<string, unknown>, measured: Record<string, unknown>): string {
  mkdirSync(RESULTS, { recursive: true });
  const line = JSON.stringify({
    at: new Date().toISOString(),
    ...setting,
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, load: loadavg()[0] },
    node: process.version,
    millrace: (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string })
      .version,
    ...measured,
  });
  appendFileSync(join(RESULTS, `${name}.jsonl`), `${line}\n`);
  return line;
}

const format = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
