import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { maskSecret, Options } from '../../core/config/index.js';
import type { ClusterOverview, JobStatus } from '../../core/protocol/index.js';
import { VERSION } from '../../core/version.js';
import { type RestServerOptions, sendText } from './server.js';

const MAX_LOG_BYTES = 1024 * 1024;

export function registerCluster(app: FastifyInstance, options: RestServerOptions): void {
  const { master, configuration, logFile } = options;
  app.get('/config', () => ({
    'refresh-interval': configuration.get(Options.webRefreshInterval),
    'timezone-name': Intl.DateTimeFormat().resolvedOptions().timeZone,
    'timezone-offset': -new Date().getTimezoneOffset() * 60_000,
    'flink-version': VERSION,
    'flink-revision': 'millrace',
    features: { 'web-submit': false, 'web-cancel': true, 'web-rescale': false, 'web-history': false },
  }));
  app.get('/overview', (): ClusterOverview => {
    const { slots, dispatcher } = master();
    const count = (...states: JobStatus[]): number => dispatcher.jobs.filter(j => states.includes(j.status)).length;
    const ended = count('FINISHED', 'CANCELED', 'FAILED');
    return {
      taskmanagers: slots.taskManagers.size,
      'slots-total': slots.slotsTotal,
      'slots-available': slots.slotsFree,
      'jobs-running': dispatcher.jobs.length - ended,
      'jobs-finished': count('FINISHED'),
      'jobs-cancelled': count('CANCELED'),
      'jobs-failed': count('FAILED'),
      'flink-version': VERSION,
      'flink-commit': 'millrace',
    };
  });
  app.delete('/cluster', () => {
    master().requestEnd('SUCCEEDED', 'stopped by a client');
    return {};
  });
  app.get('/jobmanager/config', () =>
    Object.entries(configuration.toMap()).map(([key, value]) => ({ key, value: maskSecret(key, value) })),
  );
  for (const name of ['log', 'stdout']) {
    app.get(`/jobmanager/${name}`, (_request, reply) => sendText(reply, logFile ? tail(logFile) : ''));
  }
}

function tail(file: string): string {
  try {
    return readFileSync(file).subarray(-MAX_LOG_BYTES).toString('utf8');
  } catch {
    return '';
  }
}
