/** What Hadoop's servers say in JSON when a call fails. */
export interface RemoteException {
  /** Java's class name without the package: `FileNotFoundException`. */
  exception: string;
  /** First line; Java's stack traces and `java.lang.Exception: ` prefixes are cut off. */
  message: string;
}

/** The exception in the body of an answer, or undefined if it holds none. */
export function parseRemoteException(body: Buffer | string | object): RemoteException | undefined {
  let json: unknown = body;
  if (Buffer.isBuffer(body) || typeof body === 'string') {
    try {
      json = JSON.parse(String(body));
    } catch {
      return undefined;
    }
  }
  const found = (json as { RemoteException?: unknown } | null)?.RemoteException;
  if (!isBody(found)) return undefined;
  const { exception, javaClassName, message } = found;
  const name = (exception ?? javaClassName ?? 'Exception').split(/[.$]/).at(-1)!;
  return { exception: name, message: firstLine(message ?? '') };
}

interface Body {
  exception?: string;
  javaClassName?: string;
  message?: string | null;
}

/** By hand: every client of HTTP loads this file, also one that talks to no Hadoop and needs no schemas. */
function isBody(value: unknown): value is Body {
  if (typeof value !== 'object' || value === null) return false;
  const { exception, javaClassName, message } = value as Record<keyof Body, unknown>;
  return [exception, javaClassName, message ?? undefined].every(v => v === undefined || typeof v === 'string');
}

function firstLine(message: string): string {
  const [line = ''] = message.split(/\r?\n/);
  return line.replace(/^(?:[a-z]\w*\.)+\w*(?:Exception|Error): /, '').trim();
}

/** The beginning of a body that is no JSON, for a message: its text in one short line. */
export function excerpt(body: Buffer | string): string {
  const text = String(body)
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
