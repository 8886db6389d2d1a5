/** The ports of `8081`, `50100-50200`, `0` or a comma-separated list of those, in order. */
export function* portsOf(range: number | string): Generator<number> {
  for (const part of String(range).split(',')) {
    const [from, to = from] = part.trim().split('-').map(Number);
    for (let port = from!; port <= to!; port++) yield port;
  }
}
