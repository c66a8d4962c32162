import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type DialogData, readDialogData, writeDialogData } from '../../../../ingress/call/dialog-data.ts'

const maybe = (text: fc.Arbitrary<string>) => fc.option(text, { nil: undefined })
const anyUser = fc.string({ unit: 'binary' })
const data: fc.Arbitrary<DialogData> = fc.record({
  rule: fc.constantFrom('default/route', 'a/b', 'voice.team/to-9:1'),
  callerTrusted: fc.boolean(),
  headers: fc.option(
    fc.record({
      marks: fc.constantFrom('', 'abcd', 'abcdEF-_'),
      called: maybe(anyUser),
      calling: maybe(anyUser),
      trunk: fc.constant(undefined),
    }),
    { nil: undefined },
  ),
})

describe('what a cookie says to the application', () => {
  it('reads as it was written, whatever the users hold', () => {
    fc.assert(fc.property(data, (written) => expect(readDialogData(writeDialogData(written))).toEqual(written)))
  })

  it('is the same bytes as before for a rule that says nothing of headers', () => {
    expect(writeDialogData({ rule: 'default/route', callerTrusted: true, headers: undefined })).toBe('+default/route')
    expect(readDialogData('-default/route')).toEqual({
      rule: 'default/route',
      callerTrusted: false,
      headers: undefined,
    })
  })

  it('is short, and names the trunk without its namespace', () => {
    const headers = { marks: 'abcd', trunk: 'default/acme', called: '+15551234567', calling: '' }
    const text = writeDialogData({ rule: 'default/route', callerTrusted: false, headers })
    expect(text).toBe('-default/route m4:abcdt4:acmed12:+15551234567g0:')
    expect(readDialogData(text).headers).toEqual(headers)
  })

  it('may have fields of a later build', () => {
    const { rule, headers } = readDialogData('+default/route z3:d1:m4:abcdq0:')
    expect([rule, headers?.marks, headers?.called]).toEqual(['default/route', 'abcd', undefined])
  })

  it.each(['+a/b m9:abc', '+a/b m', '+a/b mx:', '+a/b '])('does not break a reader where it is cut: %s', (text) => {
    expect(readDialogData(text).rule).toBe('a/b')
  })
})
