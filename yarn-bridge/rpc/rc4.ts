/**
 * The stream cipher RC4, whose state runs on from call to call. OpenSSL 3 has moved it out of what Node.js can reach; it is
 * here for a server that offers no other, since Hadoop's wire knows no modern cipher below SASL DIGEST-MD5.
 */
export class Rc4 {
  private readonly state = new Uint8Array(256);
  private i = 0;
  private j = 0;

  constructor(key: Uint8Array) {
    const { state } = this;
    for (let i = 0; i < 256; i++) state[i] = i;
    for (let i = 0, j = 0; i < 256; i++) {
      j = (j + state[i]! + key[i % key.length]!) & 255;
      [state[i], state[j]] = [state[j]!, state[i]!];
    }
  }

  /** Encrypts or decrypts: the two are one. */
  update(data: Uint8Array): Buffer {
    const { state } = this;
    const out = Buffer.allocUnsafe(data.length);
    let { i, j } = this;
    for (let n = 0; n < data.length; n++) {
      i = (i + 1) & 255;
      const a = state[i]!;
      j = (j + a) & 255;
      const b = state[j]!;
      state[i] = b;
      state[j] = a;
      out[n] = data[n]! ^ state[(a + b) & 255]!;
    }
    this.i = i;
    this.j = j;
    return out;
  }
}
