import { fileURLToPath } from 'node:url';
import { type ErrorCode, MillraceError, messageOf } from '../../core/errors.js';
import { type CliIo, UsageError } from './io.js';

/** Failures of a job or an application: what happened first stands first. */
const ROOT_CAUSE_FIRST: ReadonlySet<ErrorCode> = new Set(['JOB_FAILED', 'APPLICATION_FAILED']);

/** The platform's own files, here and in containers, and Node's: not what an author looks for. */
const RUNTIME = /[/\\]runtime\.tgz[/\\]|\bmillrace-task[/\\]/;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OWN_FOLDER = /^(api|applicationmaster|bundle|client|core|dist|minicluster|taskmanager|yarn-bridge)[/\\]/;

function isForeign(frame: string): boolean {
  const start = frame.indexOf(ROOT);
  return (
    /\(node:|[/\\]node_modules[/\\]/.test(frame) ||
    RUNTIME.test(frame) ||
    (start >= 0 && OWN_FOLDER.test(frame.slice(start + ROOT.length)))
  );
}

/** Says what went wrong, Flink's way, and gives the exit code. Without `verbose` there is no stack. */
export function reportFailure(io: CliIo, error: unknown, verbose = false): number {
  if (error instanceof UsageError) {
    io.out(error.message);
    io.out('');
    io.out('Use the help option (-h or --help) to get help on the command.');
    return 1;
  }
  if (error instanceof MillraceError && error.code === 'CANCELED') {
    io.err(error.message);
    return 1;
  }
  io.err('');
  io.err('-'.repeat(60));
  io.err(' The program finished with the following exception:');
  io.err('');
  for (const line of verbose ? [stackOf(error)] : describeFailure(error)) io.err(line);
  return 1;
}

/** The messages of an error and its causes; a failure of the author's code with the author's line. */
export function describeFailure(error: unknown): string[] {
  const chain = causesOf(error);
  // What is none of ours a program's main has thrown.
  const rootFirst = error instanceof MillraceError ? ROOT_CAUSE_FIRST.has(error.code) : error instanceof Error;
  if (!rootFirst) {
    const lines = dropRepeated(chain.map(messageOf)).map((text, i) => (i === 0 ? text : `Caused by: ${text}`));
    return [...lines, ...authorFrames(chain.at(-1))];
  }
  const first = firstToTell(chain);
  const root = chain[first];
  const outer = dropRepeated(
    chain
      .slice(0, first)
      .reverse()
      .map(e => withoutCause(messageOf(e), root))
      .filter(text => !text.includes(messageOf(root)) || text === messageOf(error)),
  );
  return [titleOf(root), ...authorFrames(root), ...outer.map(text => `  in: ${text}`)];
}

/** The root cause; where it is the platform's, whoever repeats it says more: which TaskManager, which task. */
function firstToTell(chain: unknown[]): number {
  let at = chain.length - 1;
  if (!(chain[at] instanceof MillraceError)) return at;
  while (at > 1 && messageOf(chain[at - 1]).includes(messageOf(chain[at]))) at--;
  return at;
}

function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let e = error; e !== undefined && chain.length < 16; e = e instanceof Error ? e.cause : undefined) chain.push(e);
  return chain;
}

/** A wrapper often repeats the message of what it wraps. */
function dropRepeated(texts: string[]): string[] {
  return texts.filter((text, i) => text !== '' && !texts.slice(0, i).some(earlier => earlier.includes(text)));
}

function titleOf(error: unknown): string {
  if (!(error instanceof Error)) return messageOf(error);
  return error instanceof MillraceError || error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
}

/** Where in the author's own files it happened. */
function authorFrames(error: unknown): string[] {
  if (!(error instanceof Error) || error instanceof MillraceError) return [];
  const frames = (error.stack ?? '').split('\n').filter(line => /^\s+at /.test(line) && !isForeign(line));
  return frames.slice(0, 3);
}

/** What an author's error is wrapped in says where it was thrown; the error itself stands above already. */
function withoutCause(text: string, root: unknown): string {
  const repeated = `: ${titleOf(root)}`;
  return !(root instanceof MillraceError) && text.endsWith(repeated) ? text.slice(0, -repeated.length) : text;
}

function stackOf(error: unknown): string {
  return causesOf(error)
    .map((e, i) => `${i === 0 ? '' : 'Caused by: '}${e instanceof Error ? (e.stack ?? e.message) : String(e)}`)
    .join('\n');
}
