import * as z from 'zod';

/** What Hadoop's servers say in JSON when a call fails. */
export interface RemoteException {
  /** Java's class name without the package: `FileNotFoundException`. */
  exception: string;
  /** First line; Java's stack traces and `java.lang.Exception: ` prefixes are cut off. */
  message: string;
}

const Schema = z.object({
  RemoteException: z.object({
    exception: z.string().optional(),
    javaClassName: z.string().optional(),
    message: z.string().nullish(),
  }),
});

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
  const parsed = Schema.safeParse(json);
  if (!parsed.success) return undefined;
  const { exception, javaClassName, message } = parsed.data.RemoteException;
  const name = (exception ?? javaClassName ?? 'Exception').split(/[.$]/).at(-1)!;
  return { exception: name, message: firstLine(message ?? '') };
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
