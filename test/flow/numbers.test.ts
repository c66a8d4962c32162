import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { toCanonical } from '../../ingress/lookup/phone-number.ts'
import { PEER, ruleEntry, startHarness, trunkEntry } from '../support/engine-harness.ts'
import { dialledDigits, judged } from '../support/judged-call.ts'
import { DROPPED } from '../support/number-spelling.ts'
import { requestText } from '../support/sip-text.ts'

const NUMBERS = ['+19005550100', '+12025550123', '+4930901820', '+442079460018']
const PARAMETERS = [
  ';npdi;rn=+12025550199',
  ';phone-context=example.com',
  ';isub=1411',
  ';ext=55',
  ';cpc=ordinary',
  ';postd=pp2',
]

/** RFC 3261 §25.1: what may stand in a user part without an escape. */
const PLAIN = /[A-Za-z0-9\-_.!~*'()&=+$,;?/]/

function escaped(text: string, every: boolean): string {
  const hex = (byte: number) => `%${byte.toString(16).padStart(2, '0')}`
  return [...new Intl.Segmenter().segment(text)]
    .flatMap(({ segment }) => segment.split(''))
    .map((character) => {
      if (!every && PLAIN.test(character)) return character
      return Array.from(Buffer.from(character, 'utf8'), hex).join('')
    })
    .join('')
}

type Form = 'plus' | '00' | 'bare' | 'national'

function formOf(number: string, form: Form): string {
  if (form === 'plus') return number
  if (form === '00') return `00${number.slice(1)}`
  // The American ones are dialled without their country code where the trunk is.
  return form === 'national' && number.startsWith('+1') ? number.slice(2) : number.slice(1)
}

interface Spelling {
  readonly form: Form
  readonly between: readonly string[]
  readonly everyEscaped: boolean
  readonly parameters: readonly string[]
  readonly behind: string
}

const spelling: fc.Arbitrary<Spelling> = fc.record({
  form: fc.constantFrom('plus', '00', 'bare', 'national'),
  between: fc.array(fc.string({ unit: fc.constantFrom(...DROPPED), maxLength: 2 }), { minLength: 16, maxLength: 16 }),
  everyEscaped: fc.boolean(),
  parameters: fc.uniqueArray(fc.constantFrom(...PARAMETERS), { maxLength: 3 }),
  behind: fc.constantFrom('', ';user=phone', ';user=phone;cpc=ordinary', ';phone-context=+1900'),
})

function sipUri(number: string, { form, between, everyEscaped, parameters, behind }: Spelling): string {
  const digits = formOf(number, form).split('')
  const user = escaped(
    digits.map((digit, i) => (between[i] ?? '') + digit).join('') + (between[15] ?? ''),
    everyEscaped,
  )
  return `sip:${user}${parameters.join('')}@192.0.2.1${behind}`
}

function telUri(number: string, { form, between, parameters }: Spelling): string {
  const separators = between.map((text) => text.replace(/[^-.()]/g, ''))
  const digits = formOf(number, form).split('')
  return `tel:${digits.map((digit, i) => digit + (separators[i] ?? '')).join('')}${parameters.join('')}`
}

const uri = fc.record({ number: fc.constantFrom(...NUMBERS), spelling, tel: fc.boolean() })

describe('a number that is called in any spelling', () => {
  it('is judged like the plain one, and a backend gets its digits or their national spelling', async () => {
    const same = fc.asyncProperty(uri, async ({ number, spelling: spelled, tel }) => {
      const numbers = { defaultRegion: 'US' }
      const plain = await judged({ uri: `sip:${number}@192.0.2.1` }, { numbers })
      const text = tel ? telUri(number, spelled) : sipUri(number, spelled)
      const call = await judged({ uri: text }, { numbers })
      expect({ text, rule: call.rule, status: call.status }).toEqual({ text, rule: plain.rule, status: plain.status })
      if (call.uri === undefined) return
      const digits = dialledDigits(call.uri)
      expect(toCanonical(digits, { calledFrom: 'RequestURI', callingFrom: 'From', ...numbers }).number).toBe(number)
    })
    await fc.assert(same, { numRuns: 300 })
  })

  it('is judged alike without a region too, where it says that it is international', async () => {
    const same = fc.asyncProperty(uri, async ({ number, spelling: spelled, tel }) => {
      if (spelled.form === 'national') return
      const plain = await judged({ uri: `sip:${number}@192.0.2.1` })
      const text = tel ? telUri(number, spelled) : sipUri(number, spelled)
      const call = await judged({ uri: text })
      expect({ text, rule: call.rule, status: call.status }).toEqual({ text, rule: plain.rule, status: plain.status })
    })
    await fc.assert(same, { numRuns: 200 })
  })

  it.each([
    ...['++19005550100', '+01900555010', '+0019005550100', '00+19005550100', '+1+9005550100', '%2B%2B19005550100'],
    ...['+1900%005550100', '%00+19005550100', '+1900%0D%0A5550100', '+1900%095550100', '19005550100%7F'],
    ...['sip%3A+19005550100', 'tel%3A+19005550100', 'SIPS%3a19005550100', '19005550100%40example.com'],
    ...['%EF%BC%91%EF%BC%99%EF%BC%90%EF%BC%905550100', '%D9%A19005550100', '%EF%BC%8B19005550100', '1%C2%B29005550100'],
    ...['1%2539005550100', '%252B19005550100', '+1900x5550100', '+1-900-FLOWERS', '19005550100%23', '+19005550100*1'],
    ...[
      '19005550100;;=x',
      '1202;5550100',
      '5550100;phone-context=+1900',
      '$19005550100',
      '1900=5550100',
      '1900%205&550100',
    ],
    ...['+(0)19005550100', '00019005550100', '19%F0%9D%9F%8E05550100', '1900%E2%80%A85550100', '1900%FF5550100'],
  ])('is refused where a gateway might dial %s as another number than we have read', async (user) => {
    for (const numbers of [{}, { defaultRegion: 'US' }]) {
      const { status, uri: forwarded, reason } = await judged({ uri: `sip:${user}@192.0.2.1` }, { numbers })
      expect([status, forwarded, reason]).toEqual([503, undefined, 'called_unreadable'])
    }
  })

  it('is counted under its trunk also where the request is refused for something else', async () => {
    const { network, events } = await startHarness({ entries: [trunkEntry(), ruleEntry()] })
    network.deliver(PEER, requestText({ uri: 'sip:++19005550100@192.0.2.1', maxForwards: 0 }))
    expect(events).toMatchObject([{ type: 'call', outcome: 'malformed', status: 483, trunk: 'default/carrier' }])
  })

  it.each([
    '19005550100',
    '+19005550100',
    '0019005550100',
    '1-900-555-0100',
    '%2B1900',
    '%20+1900',
    '(+1)900',
    '1900555010012',
  ])('is stopped by a Reject of its prefix as %s', async (user) => {
    const { status, rule } = await judged({ uri: `sip:${user}@192.0.2.1` })
    expect([status, rule]).toEqual([403, 'default/premium'])
  })

  it.each(['alice', 'room-42', 'bob+tag', '*21%23', '#31#*15', '1001', '911', 'user%40example.com', '1-900-FLOWERS'])(
    'is not what %s is: that goes to the backend as it is written',
    async (user) => {
      expect((await judged({ uri: `sip:${user}@192.0.2.1` })).uri).toMatch(
        new RegExp(`^sip:${user.replace(/[+*#]/g, '\\$&')}@`),
      )
    },
  )

  it('is taken as it is written where the trunk says so', async () => {
    const numbers = { unreadable: 'AsWritten' } as const
    const call = await judged({ uri: 'sip:++19005550100@192.0.2.1' }, { numbers })
    expect([call.rule, call.uri]).toEqual(['default/all', 'sip:++19005550100@10.0.0.1:5080'])
  })

  it('says in the log what keeps it from being read', async () => {
    const { explanation } = await judged({ uri: 'sip:++19005550100@192.0.2.1' })
    expect(explanation).toBe('the called number cannot be read: it has a + that does not lead it, or more than one')
  })
})

describe('a calling number that cannot be read', () => {
  const from = '<sip:++19005550100@198.51.100.7>;tag=caller'

  it('keeps nobody from calling while no rule asks for it', async () => {
    expect(await judged({ from })).toMatchObject({ rule: 'default/all', uri: 'sip:+15551234567@10.0.0.1:5080' })
  })

  it('gets around no rule that asks for it', async () => {
    const reject = { called: [], calling: [{ type: 'prefix', value: '+1900' }] } as const
    expect(await judged({ from }, { reject })).toMatchObject({
      ...{ rule: undefined, status: 503, uri: undefined, reason: 'calling_unreadable' },
      explanation:
        'a rule asks for the calling number, which cannot be read (default/premium): it has a + that does not lead it, or more than one',
    })
    const both = { ...reject, called: [{ type: 'prefix', value: '+1555' }] } as const
    expect(await judged({ from }, { reject: both })).toMatchObject({ status: 503, reason: 'calling_unreadable' })
    // The rule's other number does not fit: it would not have asked.
    const other = { ...reject, called: [{ type: 'prefix', value: '+1556' }] } as const
    expect(await judged({ from }, { reject: other })).toMatchObject({ rule: 'default/all' })
  })

  it('is read like a called one', async () => {
    const reject = { called: [], calling: [{ type: 'prefix', value: '+1900' }] } as const
    for (const user of ['+1-900', '%2B1900;verstat=TN-Validation-Passed', '0019005550100', '19005550100']) {
      const call = await judged({ from: `<sip:${user}@198.51.100.7>;tag=caller` }, { reject })
      expect([user, call.status]).toEqual([user, 403])
    }
  })
})

describe('the user that a backend gets', () => {
  const numbers = { calledFrom: 'To' } as const

  it.each([
    ['+12025550123', '<sip:+12025550124@192.0.2.1>', 'sip:+12025550124@10.0.0.1:5080'],
    ['+19005550100', '<tel:+1-202-555-0124;rn=+1;npdi>', 'sip:+1-202-555-0124;npdi;rn=+1@10.0.0.1:5080'],
    ['++19005550100', '<sip:alice@192.0.2.1>', 'sip:alice@10.0.0.1:5080'],
    ['+19005550100', '<sip:192.0.2.1>', 'sip:10.0.0.1:5080'],
    // The Request-URI says the same: what the caller wrote.
    ['1-202-555-0124;npdi', '<sip:+12025550124@192.0.2.1>', 'sip:1-202-555-0124;npdi@10.0.0.1:5080'],
  ])('is, where rules compare To: Request-URI %s, To %s, backend %s', async (user, to, forwarded) => {
    const call = await judged({ uri: `sip:${user}@192.0.2.1`, to }, { numbers })
    expect([call.rule, call.uri]).toEqual(['default/all', forwarded])
  })

  it('is what the rule says, where it says something', async () => {
    const route = { requestUser: '{called}' }
    const call = await judged({ uri: 'sip:x@192.0.2.1', to: '<sip:0012025550124@192.0.2.1>' }, { numbers, route })
    expect(call.uri).toBe('sip:+12025550124@10.0.0.1:5080')
  })

  it.each([
    ['tel:+1-202-555-0123;npdi;rn=+12025550199', '+1-202-555-0123;npdi;rn=+12025550199'],
    ['tel:+12025550123;RN=+1;NPDI;ext=55', '+12025550123;ext=55;npdi;rn=+1'],
    [
      'tel:+12025550123;tgrp=TG-1;phone-context=+1;isub=12[3]:4',
      '+12025550123;isub=12%5B3%5D%3A4;phone-context=+1;tgrp=tg-1',
    ],
    ['tel:7042;phone-context=example.com', '7042;phone-context=example.com'],
  ])('of %s has its parameters (RFC 3261 §19.1.6)', async (tel, user) => {
    expect((await judged({ uri: tel })).uri).toBe(`sip:${user}@10.0.0.1:5080`)
  })
})
