import { chmodSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { inflateRawSync } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const ENTRY = 0x02014b50;
const DEFLATED = 8;

/** Unpacks an archive, told by its name, into an existing folder. False: its name is no archive's, nothing was read. */
export async function unpackArchive(
  name: string,
  input: () => Promise<NodeJS.ReadableStream>,
  target: string,
): Promise<boolean> {
  if (/\.(tgz|tar\.gz|tar)$/i.test(name)) {
    const tar = await import('tar');
    await pipeline(await input(), tar.extract({ cwd: target, strict: true }));
    return true;
  }
  if (/\.(zip|jar)$/i.test(name)) {
    unzip(await buffer(await input()), target);
    return true;
  }
  return false;
}

function unzip(bytes: Buffer, target: string): void {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0 || bytes.readUInt32LE(end) !== END_OF_DIRECTORY) throw new Error('it is no zip archive');
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    if (bytes.readUInt32LE(at) !== ENTRY) throw new Error('its zip directory is damaged');
    const [nameLength, extra, comment] = [
      bytes.readUInt16LE(at + 28),
      bytes.readUInt16LE(at + 30),
      bytes.readUInt16LE(at + 32),
    ];
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    if (name.startsWith('/') || name.split('/').includes('..')) throw new Error(`its entry ${name} lies outside of it`);
    const path = join(target, name);
    if (name.endsWith('/')) mkdirSync(path, { recursive: true });
    else {
      mkdirSync(dirname(path), { recursive: true });
      const header = bytes.readUInt32LE(at + 42);
      const start = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28);
      const data = bytes.subarray(start, start + bytes.readUInt32LE(at + 20));
      writeFileSync(path, bytes.readUInt16LE(at + 10) === DEFLATED ? inflateRawSync(data) : data);
    }
    at += 46 + nameLength + extra + comment;
  }
}

/** As a NodeManager leaves what it localised: to be read and executed, by all if it is public; never to be written. */
export function seal(path: string, isPublic: boolean): void {
  const status = lstatSync(path);
  if (status.isSymbolicLink()) return;
  if (status.isDirectory()) for (const name of readdirSync(path)) seal(join(path, name), isPublic);
  const [folder, file] = isPublic ? [0o755, 0o555] : [0o700, 0o500];
  chmodSync(path, status.isDirectory() ? folder : file);
}
