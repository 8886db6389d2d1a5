import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { MillraceError, messageOf } from '../../core/errors.js';
import {
  APPLICATIONMASTER_SETTINGS_VARIABLE,
  type ApplicationMasterSettings,
  SETTINGS_FILE,
} from '../../core/protocol/index.js';

const texts = z.record(z.string(), z.string());

const Resource = z.object({
  key: z.string(),
  uri: z.string(),
  size: z.number(),
  timestamp: z.number(),
  type: z.enum(['FILE', 'ARCHIVE']),
  visibility: z.enum(['PRIVATE', 'APPLICATION']),
});

const Yarn = z.looseObject({
  applicationId: z.string(),
  user: z.string(),
  hadoop: texts,
  stagingDirectory: z.string(),
  resources: z.array(Resource),
  nodeCommand: z.string(),
  containerVcores: z.number().int().min(1),
  preStarted: z.number().int().min(1).optional(),
  attached: z.boolean().optional(),
});

const Settings = z.looseObject({
  mode: z.enum(['session', 'per-job', 'standalone']),
  configuration: texts,
  memory: z.number().int().min(1),
  yarn: Yarn.optional(),
  secretFile: z.string().optional(),
  readyFile: z.string().optional(),
  logFile: z.string().optional(),
});

/**
 * What this process was started with: the file that MILLRACE_APPLICATIONMASTER_CONFIG names, else `applicationmaster.json`
 * here. Throws ILLEGAL_CONFIGURATION naming the field.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): ApplicationMasterSettings {
  const file = env[APPLICATIONMASTER_SETTINGS_VARIABLE] ?? SETTINGS_FILE;
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const message = `The settings of the ApplicationMaster can't be read from ${file}: ${messageOf(error)}`;
    throw new MillraceError('ILLEGAL_CONFIGURATION', message, { cause: error });
  }
  const parsed = Settings.safeParse(data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new MillraceError('ILLEGAL_CONFIGURATION', `${file}: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  return parsed.data as ApplicationMasterSettings;
}
