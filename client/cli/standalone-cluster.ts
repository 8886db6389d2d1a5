/** `start-cluster.sh` and `stop-cluster.sh`. */
import { StandaloneCluster } from '../deploy/standalone-cluster.js';
import { configurationDirectory, loadClientConfiguration } from './client-configuration.js';
import { reportFailure } from './failure-report.js';
import { optionLines } from './help.js';
import { type CliIo, runAsProcess, UsageError } from './io.js';
import { GENERAL_OPTIONS, GENERIC_OPTIONS } from './option-table.js';
import { parseOptions, parseProperties } from './parse-options.js';

const OPTIONS = { ...GENERAL_OPTIONS, define: GENERIC_OPTIONS.define } as const;

await runAsProcess(async io => {
  const [action, ...argv] = process.argv.slice(2);
  try {
    return await standalone(io, action === 'stop' ? 'stop' : 'start', argv);
  } catch (error) {
    return reportFailure(io, error, argv.includes('--verbose'));
  }
});

async function standalone(io: CliIo, action: 'start' | 'stop', argv: readonly string[]): Promise<number> {
  const options = parseOptions(OPTIONS, argv);
  if (options.has('help')) {
    io.out(`Usage: ${action}-cluster.sh [OPTIONS]   (the cluster of FLINK_CONF_DIR)`);
    for (const line of optionLines(OPTIONS, 2)) io.out(line);
    return 0;
  }
  const [word] = options.args;
  if (word !== undefined) throw new UsageError(`Unrecognized argument: ${word}`);
  const cluster = new StandaloneCluster(io, configurationDirectory(io.env));
  if (action === 'stop') {
    await cluster.stop();
    return 0;
  }
  await cluster.start(await loadClientConfiguration(io, parseProperties(options.all('define'))));
  return 0;
}
