/**
 * launch_container.sh as a NodeManager writes it, with its quoting: values stand between double quotes unescaped, the
 * command is pasted into `exec /bin/bash -c "…"`, `{{X}}` becomes $X and each `{{` and `}}` goes by itself.
 */
export interface LaunchScript {
  /** What the NodeManager has of its own: only for names that nobody else gives. */
  defaults: ReadonlyArray<readonly [string, string]>;
  environment: ReadonlyArray<readonly [string, string]>;
  /** [what, link name] */
  links: ReadonlyArray<readonly [string, string]>;
  command: string[];
  logDir: string;
}

export function launchScript({ defaults, environment, links, command, logDir }: LaunchScript): string {
  const expand = (text: string): string =>
    text.replaceAll('<LOG_DIR>', logDir).replaceAll('<CPS>', ':').replaceAll('{{', '$').replaceAll('}}', '');
  const folders = new Set(links.map(([, name]) => name.split('/').slice(0, -1).join('/')).filter(Boolean));
  return [
    '#!/bin/bash',
    'set -o pipefail -e',
    `export PRELAUNCH_OUT="${logDir}/prelaunch.out"`,
    'exec >"${PRELAUNCH_OUT}"',
    `export PRELAUNCH_ERR="${logDir}/prelaunch.err"`,
    'exec 2>"${PRELAUNCH_ERR}"',
    'echo "Setting up env variables"',
    ...defaults.map(([key, value]) => `export ${key}=\${${key}:-"${value}"}`),
    ...environment.map(([key, value]) => `export ${key}="${expand(value)}"`),
    'echo "Setting up job resources"',
    ...[...folders].map(f => `mkdir -p ${quote(f)}`),
    ...links.map(([target, name]) => `ln -sf -- ${quote(target)} ${quote(name)}`),
    'echo "Copying debugging information"',
    ...['ls -l', 'find -L . -maxdepth 5 -ls'].flatMap(look => [
      `echo "${look}:" 1>>"${logDir}/directory.info"`,
      `${look} 1>>"${logDir}/directory.info"`,
    ]),
    'echo "Launching container"',
    `exec /bin/bash -c "${expand(command.join(' '))}"`,
    '',
  ].join('\n');
}

const quote = (text: string): string => `"${text.replace(/[\\"$`]/g, '\\$&')}"`;
