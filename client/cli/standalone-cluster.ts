/** `start-cluster.sh` and `stop-cluster.sh`. */
import { StandaloneCluster } from '../deploy/standalone-cluster.js';
import { configurationDirectory, loadClientConfiguration } from './client-configuration.js';
import { reportFailure } from './failure-report.js';
import { optionLines } from './help.js';
import { refuseFurtherWords } from './honour-options.js';
import { type CliIo, runAsProcess } from './io.js';
import { GENERAL_OPTIONS, GENERIC_OPTIONS } from './option-table.js';
import { type OptionTable, parseOptions, parseProperties } from './parse-options.js';

const OPTIONS: Readonly<Record<'start' | 'stop', OptionTable>> = {
  start: { ...GENERAL_OPTIONS, define: GENERIC_OPTIONS.define },
  stop: GENERAL_OPTIONS,
};

await runAsProcess(async io => {
  const [action, ...argv] = process.argv.slice(2);
  try {
    return await standalone(io, action === 'stop' ? 'stop' : 'start', argv);
  } catch (error) {
    return reportFailure(io, error, argv.includes('--verbose'));
  }
});

async function standalone(io: CliIo, action: 'start' | 'stop', argv: readonly string[]): Promise<number> {
  const options = parseOptions(OPTIONS[action], argv);
  if (options.has('help')) {
    io.out(`Usage: ${action}-cluster.sh [OPTIONS]   (the cluster of FLINK_CONF_DIR)`);
    for (const line of optionLines(OPTIONS[action], 2)) io.out(line);
    return 0;
  }
  refuseFurtherWords(options, 0);
  const cluster = new StandaloneCluster(io, configurationDirectory(io.env));
  if (action === 'stop') {
    await cluster.stop();
    return 0;
  }
  await cluster.start(await loadClientConfiguration(io, parseProperties(options.all('define'))));
  return 0;
}
