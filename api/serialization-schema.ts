/** What a record is as bytes. */
export interface SerializationSchema<T> {
  /** A text travels as UTF-8. */
  serialize(value: T): string | Uint8Array;
}

/** Texts as they are, in UTF-8, without anything between two of them. */
export class SimpleStringSchema implements SerializationSchema<string> {
  serialize(value: string): string {
    return value;
  }
}
