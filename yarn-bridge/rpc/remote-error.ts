import { MillraceError } from '../../core/errors.js';

/** An answer of a Hadoop daemon that is an error. `className` is the Java exception's. */
export class HadoopRemoteError extends MillraceError {
  constructor(
    readonly className: string,
    message: string,
    /** The daemon closed the connection with it. */
    readonly fatal: boolean,
    address: string,
  ) {
    const shortName = className.slice(className.lastIndexOf('.') + 1).replace(/^.*\$/, '');
    const authentication = /SaslException|InvalidToken|AccessControlException/.test(className);
    super(authentication ? 'AUTHENTICATION_FAILED' : 'REMOTE', `${address}: ${shortName}: ${message}`, {
      context: { address, className },
    });
    this.name = 'HadoopRemoteError';
  }
}

/** The message without the Java stack trace behind it. */
export function withoutTrace(text: string): string {
  const end = text.search(/\n\s*at /);
  return (end < 0 ? text : text.slice(0, end)).trim();
}
