/** An error as WebHDFS answers it. */
export class HdfsException extends Error {
  constructor(
    readonly exception: keyof typeof CLASSES,
    message: string,
  ) {
    super(message);
  }

  get status(): number {
    if (this.exception === 'FileNotFoundException') return 404;
    if (this.exception === 'IllegalArgumentException' || this.exception === 'UnsupportedOperationException') return 400;
    return this.exception === 'RuntimeException' ? 500 : 403;
  }

  get body(): string {
    const { exception, message } = this;
    return JSON.stringify({ RemoteException: { exception, javaClassName: CLASSES[exception], message } });
  }
}

const CLASSES = {
  FileNotFoundException: 'java.io.FileNotFoundException',
  FileAlreadyExistsException: 'org.apache.hadoop.fs.FileAlreadyExistsException',
  ParentNotDirectoryException: 'org.apache.hadoop.fs.ParentNotDirectoryException',
  PathIsNotEmptyDirectoryException: 'org.apache.hadoop.fs.PathIsNotEmptyDirectoryException',
  AccessControlException: 'org.apache.hadoop.security.AccessControlException',
  AlreadyBeingCreatedException: 'org.apache.hadoop.hdfs.protocol.AlreadyBeingCreatedException',
  EOFException: 'java.io.EOFException',
  IOException: 'java.io.IOException',
  HadoopIllegalArgumentException: 'org.apache.hadoop.HadoopIllegalArgumentException',
  IllegalArgumentException: 'java.lang.IllegalArgumentException',
  UnsupportedOperationException: 'java.lang.UnsupportedOperationException',
  RuntimeException: 'java.lang.RuntimeException',
} as const;
