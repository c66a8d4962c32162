/**
 * Checks the frames of a connection before the library reads them. A frame is `<bytes>#<payload>`. The library has two faults:
 * it keeps an incomplete frame of any size forever, and it writes to standard error if it cannot split bytes into frames.
 */
import { MAX_FRAME_BYTES } from './limits.ts'

const HASH = 0x23
const ZERO = 0x30
const NINE = 0x39

export interface FrameGuard {
  /**
   * Whether the bytes can be frames. Each call gets the bytes that follow those of the call before. After `false`, do not call
   * it again: all further bytes are wrong.
   */
  accepts(chunk: Uint8Array): boolean
}

export function createFrameGuard(): FrameGuard {
  /** The number of payload bytes that have not come yet. While the length is read, -1. */
  let left = -1
  let length = 0
  let digits = 0
  /** Reads one byte of a length. Returns whether the length can still be valid. */
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
