/**
 * Stands for `buffer-stream-reader` in the build. npm `webhdfs` wants it for its `writeFile`, which is not called here;
 * its code (`delete` of a variable) is not allowed in an ES module, and so can't be bundled.
 */
export default function unusedBufferStreamReader(): never {
  throw new Error('webhdfs.writeFile is not used: HdfsFileSystem writes files itself.');
}
