/** Frames of the protocol between a drachtio-server and its application: `<bytes>#<payload>`. */

/** The most digits of a length. */
const MAX_DIGITS = 5

export function frameOf(payload: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(payload)}#${payload}`)
}

/** Collects bytes and returns the complete payloads; undefined once the bytes cannot be frames. */
export function createFrameReader(): (chunk: Buffer) => string[] | undefined {
  let bytes: Buffer = Buffer.alloc(0)
  return (chunk) => {
    bytes = Buffer.concat([bytes, chunk])
    const payloads: string[] = []
    for (;;) {
      const hash = bytes.indexOf('#')
      const length = bytes.toString('latin1', 0, hash === -1 ? MAX_DIGITS + 1 : hash)
      if (!/^\d*$/.test(length) || length.length > MAX_DIGITS) return undefined
      const start = hash + 1
      const end = start + Number(length)
      if (hash === -1 || bytes.length < end) return payloads
      payloads.push(bytes.toString('utf8', start, end))
      bytes = bytes.subarray(end)
    }
  }
}

/** A command of the application: its id, its words, and the SIP message after them, `''` without one. */
export interface Command {
  readonly id: string
  readonly words: readonly string[]
  readonly message: string
}

export function commandOf(payload: string): Command {
  const end = payload.indexOf('\r\n')
  const [id = '', ...words] = (end === -1 ? payload : payload.slice(0, end)).split('|')
  return { id, words, message: end === -1 ? '' : payload.slice(end + 2) }
}
