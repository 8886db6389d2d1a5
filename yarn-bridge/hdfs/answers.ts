import * as z from 'zod';
import { MillraceError } from '../../core/errors.js';
import { type FileStatus, joinPath } from '../../core/fs/index.js';
import { addressOf } from '../http/index.js';
import type { HdfsCall } from './remote-error.js';

const Status = z.object({
  pathSuffix: z.string(),
  type: z.string(),
  length: z.number(),
  modificationTime: z.number(),
  owner: z.string(),
  permission: z.string(),
});
type StatusJson = z.infer<typeof Status>;

const Statuses = z.object({ FileStatus: z.array(Status) });
const FileStatusAnswer = z.object({ FileStatus: Status });
const ListAnswer = z.object({ FileStatuses: Statuses });
const BatchAnswer = z.object({
  DirectoryListing: z.object({
    partialListing: z.object({ FileStatuses: Statuses }),
    remainingEntries: z.number(),
  }),
});
const BooleanAnswer = z.object({ boolean: z.boolean() });
const PathAnswer = z.object({ Path: z.string() });
const SummaryAnswer = z.object({
  ContentSummary: z.object({
    directoryCount: z.number(),
    fileCount: z.number(),
    length: z.number(),
    spaceConsumed: z.number(),
    quota: z.number(),
    spaceQuota: z.number(),
  }),
});

/** What lies below a path. Bytes, and counts with the path itself; quotas are -1 where there is none. */
export type ContentSummary = z.infer<typeof SummaryAnswer>['ContentSummary'];

export interface StatusEntry {
  /** Name below the path that was asked; empty for that path itself. */
  suffix: string;
  status: FileStatus;
}

/** `path` is that of the call, with scheme and authority. */
export function parseFileStatus(body: unknown, path: string, call: HdfsCall): FileStatus {
  return statusOf(parse(FileStatusAnswer, body, call).FileStatus, path).status;
}

export function parseListing(body: unknown, path: string, call: HdfsCall): StatusEntry[] {
  return parse(ListAnswer, body, call).FileStatuses.FileStatus.map(json => statusOf(json, path));
}

export function parseBatch(body: unknown, path: string, call: HdfsCall): { entries: StatusEntry[]; remaining: number } {
  const { partialListing, remainingEntries } = parse(BatchAnswer, body, call).DirectoryListing;
  const entries = partialListing.FileStatuses.FileStatus.map(json => statusOf(json, path));
  return { entries, remaining: remainingEntries };
}

export function parseBoolean(body: unknown, call: HdfsCall): boolean {
  return parse(BooleanAnswer, body, call).boolean;
}

export function parsePathAnswer(body: unknown, call: HdfsCall): string {
  return parse(PathAnswer, body, call).Path;
}

export function parseContentSummary(body: unknown, call: HdfsCall): ContentSummary {
  return parse(SummaryAnswer, body, call).ContentSummary;
}

function statusOf(json: StatusJson, path: string): StatusEntry {
  const full = json.pathSuffix === '' ? path : joinPath(path, json.pathSuffix);
  const directory = json.type === 'DIRECTORY';
  const status: FileStatus = {
    path: full,
    name: nameOf(full),
    type: directory ? 'directory' : 'file',
    length: directory ? 0 : json.length,
    modificationTime: json.modificationTime,
    owner: json.owner,
    permission: json.permission,
  };
  return { suffix: json.pathSuffix, status };
}

/** Last segment of `hdfs://host:port/dir/name`; empty for the root. */
function nameOf(path: string): string {
  return path.replace(/^[^:/]+:\/\/[^/]*\//, '/').replace(/^.*\//s, '');
}

function parse<T>(schema: z.ZodType<T>, body: unknown, call: HdfsCall): T {
  let json = body;
  if (Buffer.isBuffer(body)) {
    try {
      json = JSON.parse(String(body));
    } catch {
      json = undefined;
    }
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue && issue.path.length > 0 ? ` (${issue.path.join('.')}: ${issue.message})` : '';
  const message = `HDFS ${call.op} ${call.path} failed: ${addressOf(call.url)} answered what is no WebHDFS${where}.`;
  throw new MillraceError('FILE_SYSTEM', message, {
    context: { path: call.path, op: call.op, address: addressOf(call.url) },
  });
}
