/** Says on standard error what takes its time, and how long it took. */
export class Progress {
  constructor(
    private readonly write: (line: string) => void,
    private readonly now: () => number = Date.now,
  ) {}

  note(text: string): void {
    this.write(text);
  }

  /** Runs a step; says what it was and its time when it is done. */
  async step<T>(what: string, work: () => Promise<T>): Promise<T> {
    const started = this.now();
    const result = await work();
    this.write(`${what} (${seconds(this.now() - started)})`);
    return result;
  }

  /** For uploads: says that one begins, where it stands once a second, and its end. */
  upload(): (name: string, sent: number, total: number) => void {
    const started = new Map<string, { at: number; said: number }>();
    return (name, sent, total) => {
      const now = this.now();
      const state = started.get(name);
      if (!state) {
        started.set(name, { at: now, said: now });
        this.write(`Uploading ${name} (${megabytes(total)}) …`);
        return;
      }
      const took = seconds(now - state.at);
      if (sent === total) this.write(`Uploaded ${name} (${took})`);
      else if (now - state.said >= 1000) {
        state.said = now;
        this.write(`Uploading ${name}: ${megabytes(sent)} of ${megabytes(total)} (${took})`);
      }
    };
  }
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function megabytes(bytes: number): string {
  return bytes < 1024 ** 2 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
