import { timingSafeEqual } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Configuration, Options } from '../../core/config/index.js';
import { MillraceError, messageOf } from '../../core/errors.js';
import type { Closeable } from '../../core/lifecycle.js';
import type { Logger } from '../../core/logging.js';
import { portsOf } from '../../core/rpc/index.js';
import type { ApplicationMaster } from '../application-master.js';
import { registerBlobs } from './blobs.js';
import { registerCluster } from './cluster.js';
import { registerJobs } from './jobs.js';
import { registerPage } from './page.js';
import { registerTaskManagers } from './task-managers.js';

export interface RestServerOptions {
  host: string;
  port: number | string;
  /** `open`: everybody who reaches the port. `token`: bearer, but for reading from the addresses of YARN's proxy. */
  access: { type: 'open' } | { type: 'token'; token: string; proxyAddresses: string[] };
  configuration: Configuration;
  logger: Logger;
  /** Of the cluster: TaskManagers fetch bundles with it. */
  secret: string;
  master: () => ApplicationMaster;
  logFile?: string;
}

/** The JobManager's REST API and overview page: Flink's paths and JSON, each with and without `/v1`. */
export class RestServer implements Closeable {
  private constructor(
    readonly app: FastifyInstance,
    readonly port: number,
  ) {}

  static async start(options: RestServerOptions): Promise<RestServer> {
    const app = createRestApp(options);
    for (const port of portsOf(options.port)) {
      try {
        await app.listen({ host: options.host, port });
        const address = app.server.address();
        return new RestServer(app, typeof address === 'object' && address ? address.port : port);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
        throw error;
      }
    }
    await app.close();
    throw new MillraceError(
      'CONNECTION_FAILED',
      `cannot listen on ${options.host}:${options.port} (rest.bind-port): every port of it is in use`,
    );
  }

  async close(): Promise<void> {
    this.app.server.closeAllConnections();
    await this.app.close();
  }
}

export function createRestApp(options: RestServerOptions): FastifyInstance {
  const { configuration, logger } = options;
  const app = fastify({
    bodyLimit: configuration.get(Options.restMaxContentLength),
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true },
  });
  // Flink's clients send `{}` with GET and PATCH; an empty JSON body is as good.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') return done(null, {});
    try {
      done(null, JSON.parse(body as string));
    } catch {
      done(new MillraceError('ILLEGAL_ARGUMENT', 'Request body is not valid JSON.'));
    }
  });
  app.addContentTypeParser('application/x-millrace-job', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  app.addHook('onRequest', async (request, reply) => {
    reply.header('access-control-allow-origin', '*');
    if (!isAllowed(request, options)) {
      await reply.code(401).send({ errors: ['This cluster asks for its token: Authorization: Bearer <token>.'] });
    }
  });
  app.setNotFoundHandler((request, reply) => {
    const { method, url } = request;
    void reply
      .code(404)
      .send({ errors: [method === 'GET' ? `Unable to load requested file ${url}.` : `Not found: ${url}`] });
  });
  app.setErrorHandler((error, _request, reply) => {
    const status = statusOf(error);
    if (status >= 500) logger.error('REST handler failed', error);
    void reply.code(status).send({ errors: [messageOf(error)] });
  });
  const routes = (instance: FastifyInstance): void => {
    registerCluster(instance, options);
    registerJobs(instance, options);
    registerTaskManagers(instance, options);
  };
  app.register(async instance => routes(instance));
  app.register(async instance => routes(instance), { prefix: '/v1' });
  app.register(async instance => {
    registerBlobs(instance, options);
    registerPage(instance);
  });
  return app;
}

function isAllowed(request: FastifyRequest, { access, secret }: RestServerOptions): boolean {
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (request.url.startsWith('/blobs/')) return same(bearer, secret);
  if (access.type === 'open' || same(bearer, access.token)) return true;
  const reads = request.method === 'GET' && !request.url.includes('yarn-cancel');
  return reads && access.proxyAddresses.includes(request.ip.replace(/^::ffff:/, ''));
}

function same(given: string | undefined, expected: string): boolean {
  const a = Buffer.from(given ?? '');
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
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
