import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { escapeHtml, page, sendText, table } from '../http.js';
import { type Application, isFinal } from './model.js';
import type { ResourceManagerState } from './resource-manager-state.js';

const HTML = 'text/html; charset=utf-8';
const link = (href: string, text: string): string => `<a href="${escapeHtml(href)}">${escapeHtml(text)}</a>`;

/** `/cluster…`: applications and nodes to look at. */
export function servePages(state: ResourceManagerState, response: ServerResponse, path: string): void {
  const app = /^\/cluster\/app\/([^/]+)$/.exec(path);
  if (app) {
    const found = state.applications.get(app[1]!);
    if (!found) return sendText(response, 404, page('Not found', `<p>No application ${escapeHtml(app[1])}.</p>`), HTML);
    return sendText(response, 200, page(`Application ${found.text}`, appDetails(found)), HTML);
  }
  if (path === '/cluster/nodes') {
    const rows = [...state.scheduler.nodes.values()].map(n =>
      [
        link(`http://${n.httpAddress}/ws/v1/node/info`, n.key),
        n.state,
        n.containers.size,
        `${n.usedMb} MB`,
        `${n.memoryMb - n.usedMb} MB`,
      ].map(String),
    );
    return sendText(
      response,
      200,
      page('Nodes', table(['Node', 'State', 'Containers', 'Used', 'Available'], rows)),
      HTML,
    );
  }
  const list = /^\/cluster(?:\/apps(?:\/([A-Z]+))?)?$/.exec(path);
  if (!list) return sendText(response, 404, page('Not found', `<p>No page ${escapeHtml(path)}.</p>`), HTML);
  const wanted = list[1];
  const apps = [...state.applications.values()].filter(a => wanted === undefined || a.state === wanted).reverse();
  const rows = apps.map(a => [
    link(`/cluster/app/${a.text}`, a.text),
    escapeHtml(a.submission.user),
    escapeHtml(a.submission.name),
    escapeHtml(a.submission.type),
    escapeHtml(a.submission.queue),
    a.state,
    a.finalStatus,
    a.attempt?.registered && !isFinal(a.state) ? link(`/proxy/${a.text}/`, 'ApplicationMaster') : '',
  ]);
  const body = table(['Id', 'User', 'Name', 'Type', 'Queue', 'State', 'Final status', 'Tracking'], rows);
  sendText(response, 200, page('Applications', `<p>${link('/cluster/nodes', 'Nodes')}</p>${body}`), HTML);
}

function appDetails(app: Application): string {
  const { submission } = app;
  const am = app.attempt?.amContainer;
  const rows = [
    ['User', submission.user],
    ['Name', submission.name],
    ['Type', submission.type],
    ['Queue', submission.queue],
    ['State', app.state],
    ['Final status', app.finalStatus],
    ['Started', new Date(app.startedAt).toISOString()],
    ['Diagnostics', app.diagnostics],
  ].map(([k, v]) => [escapeHtml(k), `<pre>${escapeHtml(v)}</pre>`]);
  if (am)
    rows.push([
      'Logs',
      link(`http://${am.node.httpAddress}/node/containerlogs/${am.text}/${submission.user}`, am.text),
    ]);
  return table(['', ''], rows);
}

const PASSED_ON = ['accept', 'accept-encoding', 'accept-language', 'accept-charset', 'content-type', 'user-agent'];

/** `/proxy/<application>/…` with a real one's limits: GET and PUT, no cookies, no Authorization, the answer in one piece. */
export function serveProxy(
  state: ResourceManagerState,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): void {
  const match = /^\/proxy\/([^/]+)(\/.*)?$/.exec(url.pathname);
  const app = match && state.applications.get(match[1]!);
  if (!match || !app) return sendText(response, 404, page('Not found', '<p>No such application.</p>'), HTML);
  if (request.method !== 'GET' && request.method !== 'PUT') return sendText(response, 405, 'Method not allowed');
  const target = app.attempt?.trackingUrl;
  if (isFinal(app.state) || !target) {
    response.writeHead(302, { location: `${state.webapp}/cluster/app/${app.text}` }).end();
    return;
  }
  const upstream = new URL((match[2] ?? '/').slice(1) + url.search, target.endsWith('/') ? target : `${target}/`);
  const headers = Object.fromEntries(
    PASSED_ON.flatMap(h => (request.headers[h] === undefined ? [] : [[h, String(request.headers[h])]])),
  );
  const outgoing = httpRequest(upstream, { method: request.method, headers, timeout: 30_000 }, answer => {
    const chunks: Buffer[] = [];
    answer.on('data', (c: Buffer) => chunks.push(c));
    answer.on('end', () => {
      const body = Buffer.concat(chunks);
      const type = answer.headers['content-type'] ?? 'text/plain';
      response.writeHead(answer.statusCode ?? 502, { 'content-type': type, 'content-length': body.length }).end(body);
    });
  });
  outgoing.on('error', error => sendText(response, 500, page('Proxy', `<p>${escapeHtml(error.message)}</p>`), HTML));
  if (request.method === 'PUT') request.pipe(outgoing);
  else outgoing.end();
}
