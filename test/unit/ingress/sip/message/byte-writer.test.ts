import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { ByteWriter } from '../../../../../ingress/sip/message/byte-writer.ts'
import { WRITER_BYTES } from '../../../../../ingress/sip/message/limits.ts'

const source = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

type Step = { readonly text: string } | { readonly decimal: number } | { readonly from: number; readonly to: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ text: fc.string({ maxLength: 80 }).map((text) => Buffer.from(text).toString('latin1')) }),
  fc.record({ decimal: fc.nat(2 ** 31 - 1) }),
  fc.tuple(fc.nat(256), fc.nat(256)).map(([one, other]) => ({ from: Math.min(one, other), to: Math.max(one, other) })),
)

function write(writer: ByteWriter, one: Step): void {
  if ('text' in one) writer.text(one.text)
  else if ('decimal' in one) writer.decimal(one.decimal)
  else writer.copy(one.from, one.to)
}

function bytesOf(one: Step): Buffer {
  if ('text' in one) return Buffer.from(one.text, 'latin1')
  return 'decimal' in one ? Buffer.from(String(one.decimal)) : source.subarray(one.from, one.to)
}

describe('a writer of bytes', () => {
  it('writes texts, numbers and ranges one behind the other, in message after message', () => {
    const writer = new ByteWriter()
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const expected = Buffer.concat(steps.map(bytesOf))
        writer.begin(source, 0)
        for (const one of steps) write(writer, one)
        expect(writer.finish().equals(expected)).toBe(true)
      }),
    )
  })

  it('copies neighbouring ranges as they are', () => {
    const writer = new ByteWriter()
    writer.begin(source, 0)
    for (const at of [65, 66, 67, 100]) writer.copy(at, at + 1)
    expect(writer.finishText()).toBe('ABCd')
  })

  it('has room for a message that is longer than its memory', () => {
    const writer = new ByteWriter()
    const text = 'x'.repeat(WRITER_BYTES + 1)
    writer.begin(source, 0)
    writer.text(text)
    expect(writer.finish().toString()).toBe(text)
  })

  it('copies everything but what is left out', () => {
    const writer = new ByteWriter()
    writer.begin(source, 0x41)
    writer.copyTo(0x44)
    writer.text('-')
    writer.leaveOut(0x46)
    writer.copyTo(0x48)
    writer.lineEnd()
    writer.copyTo(0x4a)
    const first = writer.finish()
    writer.begin(source, 0x30)
    writer.copyTo(0x33)
    expect(writer.finish().toString()).toBe('012')
    expect(first.toString()).toBe('ABC-FG\r\nHI')
  })
})
