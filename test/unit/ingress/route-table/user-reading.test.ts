import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { readUser, type UserFault } from '../../../../ingress/route-table/user-reading.ts'
import { DROPPED } from '../../../support/number-spelling.ts'

describe('what a user is', () => {
  it.each([
    ['+19005550100', '+19005550100'],
    ['+1 (900) 555-0100', '+19005550100'],
    ['(+1)900/555_0100', '+19005550100'],
    [' +1900,5550100 ', '+19005550100'],
    ['+19005550100;npdi;rn=+12025550199;phone-context=example.com', '+19005550100'],
    ['+19005550100;', '+19005550100'],
  ])('%j is an international number', (text, number) => {
    expect(readUser(text)).toEqual({ type: 'international', number })
  })

  it.each([
    ['9005550100', '9005550100', undefined],
    ['0019005550100', '0019005550100', undefined],
    ['911', '911', undefined],
    ['000', '000', undefined],
    ['00019005550100', '00019005550100', undefined],
    ['1-2.3', '123', undefined],
    ['5550100;phone-context=+1-900', '5550100', '1900'],
    ['5550100;phone-context=example.com;ext=7', '5550100', undefined],
  ])('%j is digits', (text, number, context) => {
    expect(readUser(text)).toEqual({ type: 'digits', number, context })
  })

  it.each([
    ...['', '+', '-', '()', '__', '!', 'alice', 'Alice', 'alice;x=y', 'alice+tag', 'a++b', 'room-42', '1-900-FLOWERS'],
    ...[
      'user_15551234567',
      '3f2a9c1e-77aa-4c1b-9d00-5a1f2b3c4d5e',
      'zoë',
      '会議1',
      'alice@example.com',
      'a:b',
      '+alice',
    ],
    ...['*21#', '#31#*15', '*21*+4930123456#', '*6712025550123', '8001*1234', '1#', '123*456'],
  ])('%j is a name or a code: as it is written', (text) => {
    expect(readUser(text)).toEqual({ type: 'text', number: text })
  })

  it.each<[UserFault, string[]]>([
    ['plus', ['++19005550100', '00+19005550100', '1+900', '+1+900', '+-+1900', '1900+']],
    ['zero', ['+0', '+01900', '+001900', '+ (0)1900']],
    ['digit', ['１９００', '+1９00', '١٢٣', '1²3', '①', '1900٠']],
    ['letter', ['+1900x5550100', '+1-900-FLOWERS', '+1900ㄱ1']],
    ['code', ['+1900#', '+*1900', '19005550100#', '1*9005550100']],
    ['symbol', ['$1900', '1900!', '1900=1', '+1900~', '＋1900', '1900\ufffd1', '1900%', "1'900", '1️⃣', '1900:1']],
    ['control', ['1900\0', '+1900\r\n', '1900\t1', 'alice\0', '*21#\n', '19\u008500', '19\u202800', '1900;x=\n']],
    ['escape', ['%2B1900', '1%2539005550100', '%252B1900', 'al%69ce', '1900;x=%41']],
    [
      'address',
      [
        'sip:+1900',
        'SIPS:+1900',
        'tel:+1900',
        'tel:alice',
        ' sip:1900',
        'callto:1900',
        '1900@example',
        '1900@x1',
        'a:1',
      ],
    ],
    [
      'parameter',
      [
        '1900;1',
        '1900;x=',
        '1900;=x',
        '1900;a;a',
        '1900;A;a=1',
        '1900;x y',
        '1900;5550100',
        ';19005550100',
        '+;ext=1900',
        ';',
        '1900;x=é',
      ],
    ],
  ])('a user is unreadable for %s', (fault, texts) => {
    const expected = texts.map((text) => ({ type: 'unreadable', number: text, fault }))
    expect(texts.map((text) => readUser(text))).toEqual(expected)
  })

  it('is the digits, whatever a gateway drops between them', () => {
    const digits = fc.stringMatching(/^[1-9][0-9]{0,14}$/)
    const dropped = fc.string({ unit: fc.constantFrom(...DROPPED), maxLength: 3 })
    const same = fc.property(digits, fc.array(dropped, { minLength: 17, maxLength: 17 }), (number, between) => {
      const spelled =
        `+${number}`
          .split('')
          .map((digit, i) => (between[i] ?? '') + digit)
          .join('') + (between[16] ?? '')
      expect(readUser(spelled)).toEqual({ type: 'international', number: `+${number}` })
      const bare = number
        .split('')
        .map((digit, i) => (between[i] ?? '') + digit)
        .join('')
      expect(readUser(bare)).toEqual({ type: 'digits', number, context: undefined })
    })
    fc.assert(same)
  })

  it('is either unreadable or the digits that are left when all else is dropped, if it has no letter, * or #', () => {
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom(...'0123456789+-. '.split('')),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
    })
    const same = fc.property(text, (user) => {
      const reading = readUser(user)
      if (reading.type === 'unreadable' || reading.type === 'text') return
      const [number = ''] = user.split(';')
      expect(reading.number.replace('+', '')).toBe(number.replace(/[^0-9]/g, ''))
    })
    fc.assert(same, { numRuns: 2000 })
  })

  it('is found in time that grows with the length only', () => {
    for (const unit of ['1;', ';a', '%', ':', '@', '+', '\u200b', 'é', '1-']) {
      expect(readUser(unit.repeat(100_000)).number.length).toBeGreaterThan(0)
    }
  })
})
