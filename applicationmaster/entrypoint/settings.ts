import { readFileSync } from 'node:fs';
import { MillraceError, messageOf } from '../../core/errors.js';
import { type ApplicationMasterSettings, SETTINGS_FILE } from '../../core/protocol/index.js';

/** Names the settings file to a standalone JobManager; on YARN it lies in the working directory. */
export const SETTINGS_VARIABLE = 'MILLRACE_APPLICATIONMASTER_CONFIG';

export function readSettings(env: NodeJS.ProcessEnv): ApplicationMasterSettings {
  const file = env[SETTINGS_VARIABLE] ?? SETTINGS_FILE;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ApplicationMasterSettings;
  } catch (error) {
    throw new MillraceError('ILLEGAL_CONFIGURATION', `settings of the ApplicationMaster can't be read from ${file}: ${messageOf(error)}`);
  }
}
