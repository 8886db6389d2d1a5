import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Clock } from '../../core/clock.js';
import { type Configuration, Options } from '../../core/config/index.js';
import { MillraceError, messageOf } from '../../core/errors.js';
import type { Closeable } from '../../core/lifecycle.js';
import type { Logger } from '../../core/logging.js';
import { listenError, portsOf } from '../../core/rpc/index.js';
import type { ApplicationMaster } from '../application-master.js';
import { isAllowed, type RestAccess } from './access.js';
import { registerBlobs } from './blobs.js';
import { registerCancel } from './cancel.js';
import { registerCluster } from './cluster.js';
import { registerJobs } from './jobs.js';
import { registerLogFiles } from './log-files.js';
import { registerPage } from './page.js';
import { SUBMISSION_CONTENT_TYPE } from './submission.js';
import { registerTaskManagers } from './task-managers.js';

const KEYS = { host: 'rest.bind-address', port: 'rest.port (or rest.bind-port)' };

export interface RestServerOptions {
  host: string;
  port: number | string;
  access: RestAccess;
  configuration: Configuration;
  logger: Logger;
  clock: Clock;
  /** Of the cluster: TaskManagers fetch bundles with it. */
  secret: string;
  /** Throws while the ApplicationMaster is starting. */
  master: () => ApplicationMaster;
  /** Of this process. */
  logFiles: { log?: string; stdout?: string };
}

/** The JobManager's REST API and overview page: Flink's paths and JSON, each with and without `/v1`. */
export class RestServer implements Closeable {
  private constructor(
    readonly app: FastifyInstance,
    readonly port: number,
  ) {}

  static async start(options: RestServerOptions): Promise<RestServer> {
    let last: unknown;
    for (const port of portsOf(options.port)) {
      const app = createRestApp(options);
      try {
        await app.listen({ host: options.host, port });
        const address = app.server.address();
        return new RestServer(app, typeof address === 'object' && address ? address.port : port);
      } catch (error) {
        last = error;
        await app.close();
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') break;
      }
    }
    throw listenError(options.host, options.port, KEYS, last);
  }

  async close(): Promise<void> {
    this.app.server.closeAllConnections();
    await this.app.close();
  }
}

export function createRestApp(options: RestServerOptions): FastifyInstance {
  const { configuration, access, secret } = options;
  const app = fastify({
    bodyLimit: configuration.get(Options.restMaxContentLength),
    forceCloseConnections: true,
    exposeHeadRoutes: false,
  });
  acceptBodies(app);
  answerErrors(app, options);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('access-control-allow-origin', '*');
    reply.header('content-type', 'application/json; charset=UTF-8');
    if (!isAllowed(request, access, secret)) {
      await reply.code(401).send({ errors: ['This cluster asks for its token: Authorization: Bearer <token>.'] });
    }
  });
  const routes = async (instance: FastifyInstance): Promise<void> => {
    registerCluster(instance, options);
    registerJobs(instance, options);
    registerCancel(instance, options);
    registerTaskManagers(instance, options);
    registerLogFiles(instance, options);
  };
  app.register(routes);
  app.register(routes, { prefix: '/v1' });
  app.register(async instance => {
    registerBlobs(instance, options);
    registerPage(instance);
  });
  return app;
}

/** Flink's clients send `{}` with GET and PATCH; an empty body is as good. */
function acceptBodies(app: FastifyInstance): void {
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? {} : JSON.parse(body as string));
    } catch {
      done(new MillraceError('ILLEGAL_ARGUMENT', 'Request body is not valid JSON.'));
    }
  });
  app.addContentTypeParser(SUBMISSION_CONTENT_TYPE, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  // A request without a body of ours may carry any type: HTTP clients put one of their own on PATCH and PUT.
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume();
    done(null, undefined);
  });
}

function answerErrors(app: FastifyInstance, { logger, configuration }: RestServerOptions): void {
  app.setNotFoundHandler((request, reply) => {
    const { method, url } = request;
    const message = method === 'GET' ? `Unable to load requested file ${url}.` : `Not found: ${url}`;
    void reply.code(404).send({ errors: [message] });
  });
  app.setErrorHandler((error, request, reply) => {
    const status = statusOf(error);
    if (status >= 500) logger.error(`${request.method} ${request.url} failed`, error);
    const limit = configuration.get(Options.restMaxContentLength);
    const message =
      status === 413
        ? `The request is larger than ${limit} bytes: raise rest.server.max-content-length.`
        : messageOf(error);
    void reply.code(status).send({ errors: [message] });
  });
}

function statusOf(error: unknown): number {
  if (error instanceof MillraceError) {
    switch (error.code) {
      case 'JOB_NOT_FOUND':
      case 'FILE_NOT_FOUND':
        return 404;
      case 'ILLEGAL_STATE':
        return 409;
      case 'RPC':
      case 'TIMEOUT':
        return 503;
      default:
        return error.domain === 'user' ? 400 : 500;
    }
  }
  const status = (error as { statusCode?: number }).statusCode;
  return typeof status === 'number' && status >= 400 ? status : 500;
}

/** A text answer, as logs are. */
export function sendText(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('text/plain; charset=UTF-8').send(text);
}
