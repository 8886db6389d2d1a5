import type { ApplicationAttemptId, ApplicationId, ContainerId } from './messages.js';

const pad = (n: number, digits: number): string => String(n).padStart(digits, '0');
const EPOCH_SHIFT = 2 ** 40;

export function formatApplicationId({ id, cluster_timestamp }: ApplicationId): string {
  return `application_${cluster_timestamp}_${pad(id, 4)}`;
}

/** Undefined if the text is no application id. */
export function parseApplicationId(text: string): ApplicationId | undefined {
  const m = /^application_(\d+)_(\d+)$/.exec(text);
  return m ? { cluster_timestamp: Number(m[1]), id: Number(m[2]) } : undefined;
}

export function formatAttemptId({ application_id, attemptId }: ApplicationAttemptId): string {
  return `appattempt_${application_id.cluster_timestamp}_${pad(application_id.id, 4)}_${pad(attemptId, 6)}`;
}

/** `container_<timestamp>_<app>_<attempt>_<sequence>`, with `e<epoch>_` before the timestamp once the RM has restarted. */
export function formatContainerId({ app_attempt_id: { application_id: app, attemptId }, id }: ContainerId): string {
  const epoch = Math.floor(id / EPOCH_SHIFT);
  const prefix = epoch > 0 ? `e${pad(epoch, 2)}_` : '';
  return `container_${prefix}${app.cluster_timestamp}_${pad(app.id, 4)}_${pad(attemptId, 2)}_${pad(id % EPOCH_SHIFT, 6)}`;
}

export function parseContainerId(text: string): ContainerId | undefined {
  const m = /^container_(?:e(\d+)_)?(\d+)_(\d+)_(\d+)_(\d+)$/.exec(text);
  if (!m) return undefined;
  const application_id = { cluster_timestamp: Number(m[2]), id: Number(m[3]) };
  return {
    app_attempt_id: { application_id, attemptId: Number(m[4]) },
    id: Number(m[1] ?? 0) * EPOCH_SHIFT + Number(m[5]),
  };
}
