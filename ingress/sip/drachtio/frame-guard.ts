/**
 * The frames `<bytes>#<payload>` of a connection, looked at before the library does: it keeps an incomplete frame for
 * ever, however large, and complains on standard error of one that it cannot cut.
 */
import { MAX_FRAME_BYTES } from './limits.ts'

const HASH = 0x23
const ZERO = 0x30
const NINE = 0x39

export interface FrameGuard {
  /** Whether the bytes, which follow those of the calls before, can be frames. After a `false` nothing can. */
  accepts(chunk: Uint8Array): boolean
}

export function createFrameGuard(): FrameGuard {
  /** Bytes of the payload that are still to come; -1 while its length is read. */
  let left = -1
  let length = 0
  let digits = 0
  /** Reads one byte of a length; answers whether it can be one. */
  const readLength = (byte: number): boolean => {
    if (byte === HASH) {
      left = length
      return digits > 0 && length > 0
    }
    if (byte < ZERO || byte > NINE) return false
    digits++
    length = length * 10 + byte - ZERO
    return length <= MAX_FRAME_BYTES
  }
  return {
    accepts: (chunk) => {
      let at = 0
      while (at < chunk.length) {
        if (left > 0) {
          const taken = Math.min(left, chunk.length - at)
          at += taken
          left -= taken
        }
        if (left === 0) {
          left = -1
          length = 0
          digits = 0
        }
        if (at < chunk.length && left === -1 && !readLength(chunk[at++] ?? 0)) return false
      }
      return true
    },
  }
}
