import { createServer } from 'node:net';

export const HOST = '127.0.0.1';

/** As many free ports: those that are wished for where they are free, so that a Hadoop comes back under its addresses. */
export async function freePorts(count: number, wished: number[] = []): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  try {
    // One after the other: a wished port must not be taken as anybody's free one.
    for (const [i, server] of servers.entries()) {
      const port = wished[i] ?? 0;
      if (!(await listens(server, port)) && !(await listens(server, 0))) throw new Error('there is no free port');
    }
    return servers.map(s => (s.address() as { port: number }).port);
  } finally {
    await Promise.all(servers.map(s => new Promise(resolve => s.close(resolve))));
  }
}

function listens(server: ReturnType<typeof createServer>, port: number): Promise<boolean> {
  return new Promise(resolve => {
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => {
      server.removeAllListeners('error');
      resolve(true);
    });
  });
}
