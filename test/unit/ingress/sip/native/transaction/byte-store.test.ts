import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { KEPT_RESPONSE_BYTES } from '../../../../../../ingress/sip/limits.ts'
import { ByteStore } from '../../../../../../ingress/sip/native/transaction/byte-store.ts'

/** Bytes of a message: its number, repeated up to a length that is often around that of a slot. */
const messages = fc.record({
  number: fc.nat(255),
  length: fc.oneof(fc.nat(40), fc.integer({ min: KEPT_RESPONSE_BYTES - 1, max: KEPT_RESPONSE_BYTES + 1 })),
})
const steps = fc.array(fc.oneof(messages, fc.record({ release: fc.nat(20) })), { maxLength: 100 })

describe('the store of bytes', () => {
  it('gives back what was kept until it is released, whatever else is kept and released', () => {
    fc.assert(
      fc.property(steps, (done) => {
        const store = new ByteStore()
        const kept: { readonly place: number; readonly bytes: Buffer }[] = []
        for (const step of done) {
          if ('release' in step) {
            for (const { place } of kept.splice(step.release, 1)) store.release(place)
            continue
          }
          const bytes = Buffer.alloc(step.length, step.number)
          kept.push({ place: store.keep(bytes), bytes: Buffer.from(bytes) })
          // The store has a copy of its own.
          bytes.fill(0xff)
        }
        expect(store.size).toBe(kept.length)
        for (const { place, bytes } of kept) expect(store.read(place).equals(bytes)).toBe(true)
      }),
    )
  })

  it('keeps more messages than one block of memory has room for', () => {
    const store = new ByteStore()
    const places = Array.from({ length: 3000 }, (_, i) => store.keep(Buffer.from(`response ${i}`)))
    expect(places.every((place) => place > 0)).toBe(true)
    expect(places.map((place) => store.read(place).toString())).toEqual(places.map((_, i) => `response ${i}`))
  })

  it('hands out copies, which stay as they are when the place is used again', () => {
    const store = new ByteStore()
    const place = store.keep(Buffer.from('first'))
    const read = store.read(place)
    store.release(place)
    expect(store.keep(Buffer.from('other'))).toBe(place)
    expect(read.toString()).toBe('first')
  })
})
