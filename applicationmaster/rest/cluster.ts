import type { FastifyInstance } from 'fastify';
import { maskSecret, Options } from '../../core/config/index.js';
import { type ClusterOverview, isGloballyTerminal, type JobStatus } from '../../core/protocol/index.js';
import { VERSION } from '../../core/version.js';
import type { RestServerOptions } from './server.js';

export function registerCluster(app: FastifyInstance, options: RestServerOptions): void {
  const { master, configuration } = options;
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
    const count = (is: (status: JobStatus) => boolean): number => dispatcher.jobs.filter(j => is(j.status)).length;
    return {
      taskmanagers: slots.taskManagers.size,
      'slots-total': slots.slotsTotal,
      'slots-available': slots.slotsFree,
      'jobs-running': count(s => !isGloballyTerminal(s)),
      'jobs-finished': count(s => s === 'FINISHED'),
      'jobs-cancelled': count(s => s === 'CANCELED'),
      'jobs-failed': count(s => s === 'FAILED'),
      'flink-version': VERSION,
      'flink-commit': 'millrace',
    };
  });
  app.delete('/cluster', () => {
    master().requestEnd('SUCCEEDED', 'The cluster was stopped by a client.');
    return {};
  });
  app.get('/jobmanager/config', () =>
    Object.entries(configuration.toMap()).map(([key, value]) => ({ key, value: maskSecret(key, value) })),
  );
}
