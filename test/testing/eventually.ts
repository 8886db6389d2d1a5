/** Waits for a condition, not for a time: tries `check` until it returns something truthy, or fails with the last reason. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeout = 20_000, interval = 20 }: { timeout?: number; interval?: number } = {},
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = Date.now() + timeout;
  let last: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value) return value as Exclude<T, false | null | undefined>;
      last = `condition is ${String(value)}`;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`not fulfilled within ${timeout} ms: ${last instanceof Error ? last.message : String(last)}`);
    }
    await new Promise(resolve => setTimeout(resolve, interval));
  }
}
