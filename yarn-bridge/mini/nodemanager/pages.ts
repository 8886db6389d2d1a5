import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import type { RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { escapeHtml, page, sendJson, sendRemoteException, sendText } from '../http.js';
import type { NodeManager } from './node-manager.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** REST and pages of a NodeManager: itself, its containers, their logs, live and after their end. */
export function createNodePages(node: NodeManager): RequestListener {
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = url.pathname.replace(/\/$/, '');
    try {
      if (/^\/ws\/v1\/node(\/info)?$/.test(path)) return sendJson(response, 200, { nodeInfo: nodeInfo(node) });
      if (path === '/ws/v1/node/containers')
        return sendJson(response, 200, { containers: { container: containers(node) } });
      const list = /^\/ws\/v1\/node\/containers\/([^/]+)\/logs$/.exec(path);
      if (list) return sendLogList(node, response, list[1]!);
      const log =
        /^\/ws\/v1\/node\/containerlogs\/([^/]+)\/([^/]+)$/.exec(path) ??
        /^\/ws\/v1\/node\/containers\/([^/]+)\/logs\/([^/]+)$/.exec(path);
      if (log) return sendLog(node, response, log[1]!, log[2]!, url.searchParams.get('size'));
      const html = /^\/node\/containerlogs\/([^/]+)\/([^/]+)(?:\/([^/]+))?$/.exec(path);
      if (html) return sendLogPage(node, response, html[1]!, html[2]!, html[3]);
      sendText(response, 404, 'Not found');
    } catch (error) {
      sendRemoteException(
        response,
        500,
        'WebApplicationException',
        String(error),
        'javax.ws.rs.WebApplicationException',
      );
    }
  };
}

function nodeInfo(node: NodeManager): object {
  const { memoryMb, vcores, host } = node.options;
  return {
    id: node.nodeId,
    nodeHostName: host,
    nodeHealthy: true,
    healthReport: '',
    totalPmemAllocatedContainersMB: memoryMb,
    totalVCoresAllocatedContainers: vcores,
    nodeManagerVersion: '3.4.2',
  };
}

function containers(node: NodeManager): object[] {
  return [...node.containers.values()].map(c => ({
    id: c.options.containerId,
    state: c.isRunning ? 'RUNNING' : 'COMPLETE',
    exitCode: c.report.exitStatus,
    diagnostics: c.report.diagnostics,
    user: c.options.user,
    totalMemoryNeededMB: c.options.memoryMb,
    nodeId: node.nodeId,
  }));
}

/** `Thu Nov 26 04:04:48 +0000 2026`, as Hadoop has it. */
function dateOf(time: number): string {
  const [day, date, month, year, clock] = new Date(time).toUTCString().replace(',', '').split(' ');
  return `${day} ${month} ${date} ${clock} +0000 ${year}`;
}

/** The container's log folder; logs stay when the container is forgotten. */
function logDirOf(node: NodeManager, id: string): string | undefined {
  const app = /^container_(?:e\d+_)?(\d+_\d+)_/.exec(id)?.[1];
  const dir = app && NAME.test(id) ? join(node.logRoot, `application_${app}`, id) : undefined;
  return dir && existsSync(dir) ? dir : undefined;
}

function files(dir: string): Array<{ name: string; size: number; modified: number }> {
  return readdirSync(dir).map(name => {
    const { size, mtimeMs } = statSync(join(dir, name));
    return { name, size, modified: mtimeMs };
  });
}

function sendLogList(node: NodeManager, response: ServerResponse, id: string): void {
  const dir = logDirOf(node, id);
  if (!dir) {
    sendRemoteException(
      response,
      404,
      'NotFoundException',
      `java.lang.Exception: container ${id} not found`,
      'org.apache.hadoop.yarn.webapp.NotFoundException',
    );
    return;
  }
  const containerLogInfo = files(dir).map(f => ({
    fileName: f.name,
    fileSize: String(f.size),
    lastModifiedTime: dateOf(f.modified),
  }));
  sendJson(response, 200, {
    containerLogsInfo: { containerLogInfo, logAggregationType: 'LOCAL', containerId: id, nodeId: node.nodeId },
  });
}

function sendLog(node: NodeManager, response: ServerResponse, id: string, name: string, size: string | null): void {
  const dir = logDirOf(node, id);
  const file = dir && NAME.test(name) ? join(dir, name) : undefined;
  if (!file || !existsSync(file)) {
    sendText(response, 404, 'java.lang.Exception: Cannot find this log on the local disk.');
    return;
  }
  const whole = readFileSync(file);
  const n = size === null ? whole.length : Number(size);
  const content = n < 0 ? whole.subarray(n) : whole.subarray(0, n);
  const head =
    `Container: ${id} on ${node.nodeId}\nLogAggregationType: LOCAL\n${'='.repeat(68)}\nLogType:${name}\n` +
    `LogLastModifiedTime:${dateOf(statSync(file).mtimeMs)}\nLogLength:${whole.length}\nLogContents:\n`;
  const tail = `End of LogType:${name}.\n${'*'.repeat(78)}\n\n`;
  const body = Buffer.concat([Buffer.from(head), content, Buffer.from(tail)]);
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'content-length': body.length }).end(body);
}

function sendLogPage(
  node: NodeManager,
  response: ServerResponse,
  id: string,
  user: string,
  name: string | undefined,
): void {
  const dir = logDirOf(node, id);
  if (!dir)
    return sendText(
      response,
      404,
      page('Logs', '<p>Cannot find the logs of this container on the local disk.</p>'),
      'text/html',
    );
  if (name === undefined) {
    const items = files(dir).map(f => {
      const href = `/node/containerlogs/${encodeURIComponent(id)}/${encodeURIComponent(user)}/${encodeURIComponent(f.name)}`;
      return `<li><a href="${href}">${escapeHtml(f.name)}</a> : Total file length is ${f.size} bytes.</li>`;
    });
    return sendText(response, 200, page(`Logs for ${id}`, `<ul>${items.join('')}</ul>`), 'text/html; charset=utf-8');
  }
  const file = join(dir, name);
  if (!NAME.test(name) || !existsSync(file)) return sendText(response, 404, 'Cannot find this log on the local disk.');
  sendText(
    response,
    200,
    page(name, `<pre>${escapeHtml(readFileSync(file, 'utf8'))}</pre>`),
    'text/html; charset=utf-8',
  );
}
