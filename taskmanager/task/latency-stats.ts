import type { LatencyFigures, LatencyMarker } from '../../core/protocol/index.js';

/** Latencies that figures are made of, of each source and operator; Flink's default. */
const HISTORY = 128;

/** How old latency markers were that came to the operators of a task. */
export class LatencyStats {
  private readonly histories = new Map<string, History>();

  constructor(
    private readonly subtaskIndex: number,
    private readonly now: () => number,
  ) {}

  report(marker: LatencyMarker, operatorId: string): void {
    const name = `latency.source_id.${marker.operatorId}.operator_id.${operatorId}.operator_subtask_index.${this.subtaskIndex}.latency`;
    let history = this.histories.get(name);
    if (!history) this.histories.set(name, (history = new History()));
    // Clocks of two hosts may differ.
    history.add(Math.max(0, this.now() - marker.markedAt));
  }

  /** By Flink's metric name; undefined as long as there are none. */
  figures(): Record<string, LatencyFigures> | undefined {
    if (this.histories.size === 0) return undefined;
    return Object.fromEntries([...this.histories].map(([name, history]) => [name, history.figures()]));
  }
}

class History {
  private readonly values: number[] = [];
  private next = 0;

  add(latency: number): void {
    this.values[this.next] = latency;
    this.next = (this.next + 1) % HISTORY;
  }

  figures(): LatencyFigures {
    const sorted = this.values.toSorted((a, b) => a - b);
    const count = sorted.length;
    const mean = sorted.reduce((sum, x) => sum + x, 0) / count;
    const variance = sorted.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, count - 1);
    const quantile = (q: number): number => sorted[Math.min(count - 1, Math.ceil(q * count) - 1)]!;
    return {
      min: sorted[0]!,
      max: sorted[count - 1]!,
      mean,
      median: quantile(0.5),
      stddev: Math.sqrt(variance),
      p75: quantile(0.75),
      p90: quantile(0.9),
      p95: quantile(0.95),
      p98: quantile(0.98),
      p99: quantile(0.99),
      p999: quantile(0.999),
    };
  }
}
