import { MillraceError } from '../../core/errors.js';

/*
 * A NodeManager pastes texts into a shell script: environment values into `export K="…"`, the command into
 * `exec /bin/bash -c "…"`. Inside the double quotes the shell still reads \ " $ and the back-tick. Before that YARN
 * replaces `{{` and `}}`, each by itself, `<LOG_DIR>` and `<CPS>`, and nothing escapes those.
 */

const REPLACED_BY_YARN = /\{\{|\}\}|<LOG_DIR>|<CPS>/;

/** A text that stands for itself between the double quotes of the launch script. Throws where YARN would change it. */
export function literal(text: string): string {
  const changed = REPLACED_BY_YARN.exec(text)?.[0];
  if (changed !== undefined) {
    const message = `'${text}' can't be passed to a container as it is: YARN replaces '${changed}' in commands and environment values.`;
    throw new MillraceError('ILLEGAL_ARGUMENT', message, { domain: 'user' });
  }
  return text.replace(/[\\"$`]/g, '\\$&');
}

const PLAIN_WORD = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** One word of a command line, whatever is in it: quoted for the shell that the command is given to. */
export function word(text: string): string {
  return PLAIN_WORD.test(text) ? text : literal(`'${text.replaceAll("'", "'\\''")}'`);
}
