/** `yarn-session.sh`: see session-cli.ts. */
import { runAsProcess } from './io.js';
import { yarnSession } from './session-cli.js';

await runAsProcess(io => yarnSession(io, process.argv.slice(2)));
