import { pino } from 'pino';
import { writeFully } from './write-fully.js';

export { writeFully };

/** What components take: pino's logger, narrowed to what we call. `child` adds fields such as jobId to every line. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  /** The error's stack follows the message. */
  error(message: string, error?: unknown): void;
  child(fields: LogFields): Logger;
}

export interface LogFields {
  component?: string;
  jobId?: string;
  task?: string;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LoggerOptions {
  component: string;
  level?: LogLevel;
  /** Gets whole lines. Default: synchronously to standard error, so that nothing is lost when the process dies. */
  write?: (line: string) => void;
}

const LABELS: Record<number, string> = { 20: 'DEBUG', 30: 'INFO ', 40: 'WARN ', 50: 'ERROR' };

interface Line extends LogFields {
  level: number;
  time: number;
  msg?: string;
  err?: { stack?: string; message?: string };
}

/** `2026-11-24 01:02:03,456 INFO  JobMaster [job 1157…] - message`, the layout of Flink's log4j files. */
export function createLogger({ component, level = 'info', write = writeToStderr }: LoggerOptions): Logger {
  const root = pino({ level, base: null }, { write: (json: string) => write(formatLine(JSON.parse(json) as Line)) });
  return wrap(root.child({ component }));
}

/** Drops everything: the default of components whose owner wants no log. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
};

function wrap(logger: pino.Logger): Logger {
  return {
    debug: m => logger.debug(m),
    info: m => logger.info(m),
    warn: m => logger.warn(m),
    error: (m, error) => (error === undefined ? logger.error(m) : logger.error({ err: error }, m)),
    child: fields => wrap(logger.child(fields)),
  };
}

function formatLine(line: Line): string {
  const scope = [line.jobId && `job ${line.jobId}`, line.task && `task ${line.task}`].filter(Boolean).join(', ');
  const text = `${timestamp(line.time)} ${LABELS[line.level] ?? 'INFO '} ${line.component ?? ''}${scope && ` [${scope}]`} - ${line.msg ?? ''}\n`;
  const stack = line.err?.stack ?? line.err?.message;
  return stack === undefined ? text : `${text}${stack}\n`;
}

function timestamp(ms: number): string {
  const d = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  return (
    `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ` +
    `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())},${String(d.getMilliseconds()).padStart(3, '0')}`
  );
}

function writeToStderr(line: string): void {
  writeFully(2, line);
}
