import { createHash } from 'node:crypto';

const BYTES_PER_CRC = 512;
const CASTAGNOLI = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, i) => {
  let c = i;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ CASTAGNOLI : c >>> 1;
  return c;
});

/** Of a file, as WebHDFS gives it. `bytes`: hexadecimal. */
export interface FileChecksum {
  algorithm: string;
  bytes: string;
  length: number;
}

/**
 * HDFS's MD5 of the MD5s of blocks, each of them over the CRC32C of its pieces of 512 bytes. Hadoop takes the MD5 over a
 * buffer that doubles its size as blocks come and is zero beyond them, and all its clients compare with that.
 */
export async function fileChecksum(
  content: AsyncIterable<Buffer> | Iterable<Buffer>,
  blockSize: number,
): Promise<FileChecksum> {
  const blocks: Buffer[] = [];
  let block = createHash('md5');
  let [crc, inPiece, inBlock] = [0xffffffff, 0, 0];
  const endPiece = (): void => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
    block.update(bytes);
    [crc, inPiece] = [0xffffffff, 0];
  };
  const endBlock = (): void => {
    if (inPiece > 0) endPiece();
    blocks.push(block.digest());
    block = createHash('md5');
    inBlock = 0;
  };
  for await (const chunk of content) {
    for (const byte of chunk) {
      crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
      if (++inPiece === BYTES_PER_CRC) endPiece();
      if (++inBlock === blockSize) endBlock();
    }
  }
  if (inBlock > 0) endBlock();
  return describe(blocks, blocks.length > 1 ? blockSize / BYTES_PER_CRC : 0);
}

function describe(blocks: Buffer[], crcPerBlock: number): FileChecksum {
  const all = Buffer.concat(blocks);
  let size = 32;
  while (size < all.length) size *= 2;
  const md5 = createHash('md5')
    .update(all)
    .update(Buffer.alloc(size - all.length))
    .digest();
  const isEmpty = blocks.length === 0;
  // bytesPerCRC and crcPerBlock before it; the buffer is longer than what counts.
  const bytes = Buffer.alloc(32);
  bytes.writeInt32BE(isEmpty ? 0 : BYTES_PER_CRC, 0);
  bytes.writeBigInt64BE(BigInt(crcPerBlock), 4);
  md5.copy(bytes, 12);
  const pieces = isEmpty ? '0CRC32' : `${BYTES_PER_CRC}CRC32C`;
  return { algorithm: `MD5-of-${crcPerBlock}MD5-of-${pieces}`, bytes: bytes.toString('hex'), length: 28 };
}
