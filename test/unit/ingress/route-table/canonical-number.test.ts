import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { canonicalNumber } from '../../../../ingress/route-table/canonical-number.ts'

describe('the canonical form of a number in a rule', () => {
  it.each([
    ['+15551234567', '+15551234567'],
    ['15551234567', '15551234567'],
    ['0015551234567', '+15551234567'],
    ['+1 (555) 123-4567', '+15551234567'],
    ['(555) 123.4567', '5551234567'],
    ['tel:+1-555-123', '+1555123'],
    ['TEL:1555-1234', '15551234'],
    ['+15551234;npdi;rn=+1555', '+15551234'],
    ['911', '911'],
    ['030123', '030123'],
    ['001', '+1'],
    ['00', '00'],
    ['000', '000'],
    ['0', '0'],
  ])('of %s is %s', (text, canonical) => {
    expect(canonicalNumber(text)).toBe(canonical)
  })

  it.each([
    '',
    '+',
    'alice',
    '*123',
    '#31#',
    '+1555a',
    '1+555',
    '++1555',
    '+01',
    'tel:',
    ';x=1',
    '()',
    '١٢٣',
    '+1555\r\n',
  ])('of %j, which is not a number, is the text itself', (text) => {
    expect(canonicalNumber(text)).toBe(text)
  })

  it('is its own canonical form', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123+-. ();telx'.split('')), maxLength: 20 }), (text) => {
        const once = canonicalNumber(text)
        expect(canonicalNumber(once)).toBe(once)
      }),
    )
  })

  it('is found in time that grows with the length only, whatever the text', () => {
    expect(canonicalNumber(`${'. '.repeat(500_000)}x`)).toHaveLength(1_000_001)
  })
})
