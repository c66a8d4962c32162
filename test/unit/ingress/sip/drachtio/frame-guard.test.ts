import { describe, expect, it } from '@jest/globals'
import { createFrameGuard } from '../../../../../ingress/sip/drachtio/frame-guard.ts'
import { MAX_FRAME_BYTES } from '../../../../../ingress/sip/drachtio/limits.ts'

const FRAMES = Buffer.from('5#hello12#id|sip#12|é10#1#2#3#4#5#')

/** Whether every one of these pieces is accepted, one after the other. */
function accepts(...pieces: (string | Uint8Array)[]): boolean {
  const guard = createFrameGuard()
  return pieces.every((piece) => guard.accepts(typeof piece === 'string' ? Buffer.from(piece) : piece))
}

describe('frames', () => {
  it('are accepted whole, whatever their payload holds', () => {
    expect(accepts(FRAMES)).toBe(true)
  })

  it('are accepted cut in two at every offset', () => {
    for (let at = 0; at <= FRAMES.length; at++) {
      expect(accepts(FRAMES.subarray(0, at), FRAMES.subarray(at))).toBe(true)
    }
  })

  it('are accepted byte by byte', () => {
    expect(accepts(...Array.from(FRAMES, (byte) => Uint8Array.of(byte)))).toBe(true)
  })

  it('are accepted up to the largest, and not beyond', () => {
    expect(accepts(`${MAX_FRAME_BYTES}#`)).toBe(true)
    expect(accepts(`${MAX_FRAME_BYTES + 1}#`)).toBe(false)
  })
})

describe('what is no frame', () => {
  it.each(['hello', '#', '0#', '-1#', '5x#hello', '5 #hello', '99999999999999999999#', '2#okno', '5#hello\r\n'])(
    '%j is noticed',
    (bytes) => {
      expect(accepts(bytes)).toBe(false)
    },
  )

  it('is noticed at the byte that shows it, wherever the pieces are cut', () => {
    const bytes = Buffer.from('5#hello3x#abc')
    for (let at = 0; at <= bytes.length; at++) {
      expect(accepts(bytes.subarray(0, at), bytes.subarray(at))).toBe(false)
    }
  })
})
