import { expect, it } from '@jest/globals'
import { headerLine } from '../../../../../ingress/sip/proxy/header-edits.ts'

it.each(['\r\n', '\n', '\r', '\0', '\u000b', '\u0085', '\u2028', '\u2029', '\u007f', '\u009f'])(
  'a header line of ours ends at its own end only: %j',
  (character) => {
    expect(headerLine({ name: 'X', value: `a${character}b${character}` })).toBe('X: ab\r\n')
  },
)

it('is UTF-8, a character a byte', () => {
  expect(headerLine({ name: 'X', value: 'é' })).toBe('X: Ã©\r\n')
})
