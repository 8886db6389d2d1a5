import { userInfo } from 'node:os';

/** The user that Hadoop sees: HADOOP_USER_NAME, else who runs this process. */
export function hadoopUser(env: Readonly<Record<string, string | undefined>>): string {
  const named = env['HADOOP_USER_NAME']?.trim();
  return named || osUser(env);
}

/** Who runs this process. */
export function osUser(env: Readonly<Record<string, string | undefined>>): string {
  try {
    return userInfo().username;
  } catch {
    // A uid without an entry in the user database, as containers have them.
    return env['USER'] || env['LOGNAME'] || String(process.getuid?.() ?? 'unknown');
  }
}
