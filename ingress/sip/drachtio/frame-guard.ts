/**
 * Checks the frames `<bytes>#<payload>` of a connection before the library reads them. The library retains an incomplete
 * frame for ever, even a very large one. It writes to standard error if it cannot split bytes into frames.
 */
import { MAX_FRAME_BYTES } from './limits.ts'

const HASH = 0x23
const ZERO = 0x30
const NINE = 0x39

export interface FrameGuard {
  /** Whether the bytes can be frames. They continue the bytes of the earlier calls. After `false` all further bytes are wrong. */
  accepts(chunk: Uint8Array): boolean
}

export function createFrameGuard(): FrameGuard {
  /** Bytes of the payload that have not come yet; -1 while the length is read. */
  let left = -1
  let length = 0
  let digits = 0
  /** Reads one byte of a length. Returns whether the length can be valid. */
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
