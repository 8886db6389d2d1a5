import { MillraceError } from '../../core/errors.js';
import type { ApplicationReport } from '../../yarn-bridge/rest/index.js';
import { applicationMasterLog } from './application-logs.js';
import type { HadoopAccess } from './hadoop-access.js';

/**
 * Why an application is no more, as an APPLICATION_FAILED error: its own last word first, then YARN's, then the end of
 * its log and how to see all of it.
 */
export async function applicationFailure(
  hadoop: HadoopAccess,
  report: ApplicationReport,
  doing: string,
): Promise<MillraceError> {
  const log = await applicationMasterLog(hadoop, report);
  const diagnostics = readDiagnostics(report.diagnostics);
  const node = whyNodeDidNotStart(report.diagnostics);
  const ended = report.state === 'FINISHED' ? `FINISHED, final status ${report.finalStatus}` : report.state;
  const message = [
    `The application ${report.id} ended (${ended}) ${doing}.`,
    ...(diagnostics === '' ? [] : [`YARN says: ${diagnostics}`]),
    ...(node === undefined ? hintsFor(report.diagnostics) : [node]),
    ...log,
    `All logs: yarn logs -applicationId ${report.id}`,
  ].join('\n');
  // What the shell says of such a file ends with "Success".
  const cause = node ?? lastWords(log);
  return new MillraceError('APPLICATION_FAILED', message, {
    context: { applicationId: report.id, state: report.state },
    ...(cause !== undefined && { cause: new Error(cause) }),
  });
}

/** YARN's text without its phrases about pages to click on, and with the standard error that it quotes once. */
export function readDiagnostics(text: string): string {
  return text
    .replace(
      /For more detailed output, check the application tracking page:[\s\S]*?links to logs of each attempt\.?/g,
      '',
    )
    .replace(/Then click on links to logs of each attempt\.?/g, '')
    .replace(/\[[\d-]+ [\d:.]+\]/g, '')
    .replace(/Last 4096 bytes of \S+ ?:[\s\S]*$/g, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/ {2,}/g, ' ')
    .replace(/^[\s.]+|\s+$/g, '');
}

function whyNodeDidNotStart(diagnostics: string): string | undefined {
  if (/exec format error/i.test(diagnostics)) {
    return 'The Node executable is for another architecture than that node: set yarn.node-path to one that is there.';
  }
  if (/GLIBC(XX)?_[\d.]+' not found/.test(diagnostics)) {
    return "The Node executable needs a newer C library than that node's: set yarn.node-path to one that is there.";
  }
  if (/exitCode: 127\b/.test(diagnostics)) {
    return 'There is no such Node executable on that node: check yarn.node-path.';
  }
  return undefined;
}

function hintsFor(diagnostics: string): string[] {
  if (/running beyond (the )?'?(physical|virtual|PHYSICAL|VIRTUAL)'? memory|exitCode: -10[34]\b/.test(diagnostics)) {
    return ['YARN killed it for its memory: raise -jm (-yjm, jobmanager.memory.process.size).'];
  }
  return [];
}

/** The ApplicationMaster's last line on standard error is the reason why it ended. */
function lastWords(log: readonly string[]): string | undefined {
  const [title = '', ...lines] = log;
  if (!title.includes('jobmanager.err')) return undefined;
  return lines.filter(line => line.trim() !== '' && !/^\s+at /.test(line)).at(-1);
}
