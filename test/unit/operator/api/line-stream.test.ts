import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { MAX_WATCH_EVENT_BYTES } from '../../../../operator/api/limits.ts'
import { lines } from '../../../../operator/api/line-stream.ts'
import { gathered } from '../../../support/gathered.ts'

async function* parts(given: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* given
}

/** A body, cut after each of some bytes. */
function cut(text: string, at: readonly number[]): Uint8Array[] {
  const body = Buffer.from(text)
  const ends = [...at.map((end) => end % (body.length + 1)), body.length].toSorted((a, b) => a - b)
  return ends.map((end, i) => body.subarray(ends[i - 1] ?? 0, end))
}

const nobody = () => undefined

describe('the lines of a body', () => {
  it('are the same however the body was cut, inside of characters too', async () => {
    const cuts = fc.array(fc.nat())
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme', minLength: 1 })), cuts, async (texts, at) => {
        const sent = texts.map((text) => JSON.stringify(text))
        const body = sent.map((line) => `${line}\n`).join('')
        expect(await gathered(lines(parts(cut(body, at)), nobody))).toEqual(sent)
      }),
    )
  })

  it('leave out half a line at the end and lines with nothing in them', async () => {
    expect(await gathered(lines(parts([Buffer.from('one\r\n\n\ntwo\nthr')]), nobody))).toEqual(['one', 'two'])
  })

  it('tell of each part, be there a line in it or not', async () => {
    let told = 0
    await gathered(
      lines(parts(cut('one\ntwo\n', [1, 2])), () => {
        told++
      }),
    )
    expect(told).toBe(3)
  })

  it('have an end: a line longer than any object is refused', async () => {
    const part = Buffer.alloc(MAX_WATCH_EVENT_BYTES / 2 + 1, 'x')
    await expect(gathered(lines(parts([part, part]), nobody))).rejects.toMatchObject({
      code: 'api_response_invalid',
    })
  })
})
