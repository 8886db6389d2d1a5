import { createInterface } from 'node:readline';
import { type ApplicationReport, isFinal } from '../../yarn-bridge/rest/index.js';
import { applicationFailure } from '../deploy/application-failure.js';
import { RESOURCE_MANAGER_RECOVERY } from '../deploy/application-watch.js';
import type { HadoopAccess } from '../deploy/hadoop-access.js';
import { pause } from '../deploy/interruptible.js';
import type { PropertiesFile } from '../deploy/properties-file.js';
import type { YarnClusterClient } from '../deploy/yarn-cluster-client.js';
import type { CliIo } from './io.js';

const POLL = 2000;
const HELP = ['Available commands:', 'help - show these commands', 'stop - stop the YARN session'];

/**
 * The attached mode of a session: reads commands from standard input until `stop`, Ctrl-C (both end the session) or the
 * end of the application. The end of the input is none of these. Throws if the application ended badly by itself.
 */
export async function attendSession(
  io: CliIo,
  hadoop: HadoopAccess,
  client: YarnClusterClient,
  file: PropertiesFile,
): Promise<void> {
  const { applicationId } = client;
  const over = new AbortController();
  const lines = createInterface({ input: io.stdin, terminal: false });
  try {
    const stopped = new Promise<'stop'>(resolve => {
      lines.on('line', line => {
        const word = line.trim();
        if (word === 'stop' || word === 'quit') resolve('stop');
        else if (word !== '') for (const text of answerTo(word)) io.err(text);
      });
    });
    const interrupted = new Promise<'stop'>(resolve => {
      if (io.interrupted.aborted) resolve('stop');
      io.interrupted.addEventListener('abort', () => resolve('stop'), { once: true, signal: over.signal });
    });
    const what = await Promise.race([stopped, interrupted, untilGone(hadoop, applicationId, over.signal)]);
    if (what === 'stop') {
      const report = await client.shutDown(new AbortController().signal);
      file.removeIf(applicationId);
      io.err(`The application ${applicationId} has ended: ${report.state}, final status ${report.finalStatus}.`);
      io.interrupted.throwIfAborted();
      return;
    }
    file.removeIf(applicationId);
    if (what.finalStatus !== 'SUCCEEDED') throw await applicationFailure(hadoop, what, 'by itself');
    io.err(`The application ${applicationId} has ended: ${what.state}, final status ${what.finalStatus}.`);
  } finally {
    over.abort();
    lines.close();
    io.stdin.pause();
  }
}

function answerTo(word: string): string[] {
  return word === 'help' ? HELP : [`Unknown command '${word}'. Showing help:`, ...HELP];
}

async function untilGone(hadoop: HadoopAccess, applicationId: string, signal: AbortSignal): Promise<ApplicationReport> {
  for (;;) {
    await pause(POLL, signal).catch(() => new Promise<never>(() => {}));
    const report = await hadoop.resourceManager.report(applicationId, { keepTrying: RESOURCE_MANAGER_RECOVERY });
    if (isFinal(report.state)) return report;
  }
}
