const interrupted = new AbortController();

/** Between runs: the benchmark was told to end. */
export function throwIfInterrupted(): void {
  interrupted.signal.throwIfAborted();
}

/**
 * Runs a benchmark to its end, or until Ctrl-C, which ends the command that runs as well: clusters are stopped on the way
 * out. A failure is shown as its message, with exit code 1.
 */
export async function runBenchmark(main: () => Promise<void>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => interrupted.abort(new Error(`Ended by ${signal}.`)));
  }
  try {
    await main();
  } catch (error) {
    const { aborted, reason } = interrupted.signal;
    const cause: unknown = aborted ? reason : error;
    console.error(cause instanceof Error ? cause.message : cause);
    process.exitCode = 1;
  }
}
