import { type ApplicationId, type LocalResource, parseApplicationId } from '../../rpc/index.js';
import type { Submission } from './model.js';
import type { Limits } from './scheduler.js';

/** A request that the ResourceManager refuses at once. */
export class BadRequest extends Error {
  constructor(
    message: string,
    readonly exception = 'BadRequestException',
    readonly status = 400,
  ) {
    super(message);
  }
}

type Json = Record<string, unknown>;

const object = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const text = (value: unknown, otherwise = ''): string => (typeof value === 'string' ? value : otherwise);
const number = (value: unknown, otherwise: number): number => {
  const n = Number(value);
  return value === undefined || value === null || Number.isNaN(n) ? otherwise : n;
};
/** `{entry: [{key, value}]}`, with one entry as an object, or a plain object. */
function entries(value: unknown): Array<[string, unknown]> {
  const { entry } = object(value);
  if (entry === undefined) return Object.entries(object(value));
  const list = Array.isArray(entry) ? entry : [entry];
  return list.map(e => [text(object(e)['key']), object(e)['value']]);
}
const strings = (value: unknown): string[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);

/** Reads the body of `POST ws/v1/cluster/apps`, with the checks that a real one makes at once. */
export function readSubmission(body: Json, user: string, limits: Limits, defaultId?: ApplicationId): Submission {
  const idText = text(body['application-id']);
  const id = parseApplicationId(idText) ?? defaultId;
  if (!id) throw new BadRequest(`java.lang.Exception: Could not parse application id ${idText}`);
  const resource = object(body['resource']);
  const memoryMb = number(resource['memory'], limits.minimumMb);
  const vcores = number(resource['vCores'] ?? resource['vcores'], 1);
  if (memoryMb > limits.maximumMb)
    throw new BadRequest('java.lang.Exception: Requested more memory than configured max');
  if (vcores > limits.maximumVcores)
    throw new BadRequest('java.lang.Exception: Requested more cores than configured max');
  if (memoryMb < 0 || vcores < 0) {
    throw new BadRequest(
      `java.lang.Exception: Invalid resource request! Cannot allocate containers as requested resource is less than 0! ` +
        `Requested resource type=[memory-mb], Requested resource=<memory:${memoryMb}, vCores:${vcores}>`,
    );
  }
  const spec = object(body['am-container-spec']);
  return {
    id,
    name: text(body['application-name'], 'N/A') || 'N/A',
    type: text(body['application-type'], 'YARN').slice(0, 20) || 'YARN',
    user,
    queue: text(body['queue'], 'default') || 'default',
    priority: number(body['priority'], -1),
    tags: strings(object(body['application-tags'])['tag']),
    maxAttempts: number(body['max-app-attempts'], 2) || 2,
    memoryMb,
    vcores,
    unmanaged: body['unmanaged-AM'] === true || body['unmanaged-AM'] === 'true',
    keepContainers: String(body['keep-containers-across-application-attempts']) === 'true',
    localResources: entries(spec['local-resources']).map(([key, value]) => ({
      key,
      value: localResource(object(value)),
    })),
    environment: entries(spec['environment']).map(([key, value]) => ({ key, value: String(value) })),
    commands: strings(object(spec['commands'])['command']),
    secrets: entries(object(spec['credentials'])['secrets']).map(([alias, value]) => ({
      alias,
      value: Buffer.from(String(value), 'base64'),
    })),
    hasSpec: body['am-container-spec'] !== undefined,
  };
}

function localResource(value: Json): LocalResource {
  const types: Record<string, number> = { ARCHIVE: 1, FILE: 2, PATTERN: 3 };
  const visibilities: Record<string, number> = { PUBLIC: 1, PRIVATE: 2, APPLICATION: 3 };
  const type = types[text(value['type'])];
  const visibility = visibilities[text(value['visibility'])];
  if (type === undefined || visibility === undefined)
    throw new BadRequest('java.lang.NullPointerException', 'NullPointerException', 503);
  const uri = text(value['resource']);
  const m = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/]*))?(\/.*)$/i.exec(uri);
  const [host, port] = (m?.[2] ?? '').split(':');
  return {
    resource: {
      ...(m && { scheme: m[1]! }),
      ...(host && { host }),
      ...(port && { port: Number(port) }),
      file: m?.[3] ?? uri,
    },
    size: number(value['size'], 0),
    timestamp: number(value['timestamp'], 0),
    type,
    visibility,
  };
}
