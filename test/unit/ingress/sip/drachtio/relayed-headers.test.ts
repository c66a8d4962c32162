import { describe, expect, it } from '@jest/globals'
import {
  bodyOf,
  callHeaders,
  clean,
  dialogHeaders,
  responseHeaders,
} from '../../../../../ingress/sip/drachtio/relayed-headers.ts'
import { readRequestFacts } from '../../../../../ingress/sip/message/request-facts.ts'
import type { HeaderField, ProxyPlan } from '../../../../../ingress/sip/port/engine.ts'
import { parsed } from '../../../../support/parsed-message.ts'
import { type RequestText, requestText, responseText } from '../../../../support/sip-text.ts'

const PLAN: ProxyPlan = {
  targets: [],
  requestUser: undefined,
  setHeaders: [],
  removeHeaders: [],
  responseIdentity: 'keep',
  backendTimeout: undefined,
  ringingTimeout: undefined,
  failoverOn: new Set(),
  failover: 'Always',
  dialogData: '',
  exhausted: { status: 503, reason: 'Service Unavailable' },
  done: () => undefined,
  progress: () => undefined,
}

const lines = (fields: readonly HeaderField[]): string[] => fields.map(({ name, value }) => `${name}: ${value}`)

function ofCall(change: RequestText, plan: Partial<ProxyPlan> = {}): string[] {
  const message = parsed(requestText(change))
  const facts = readRequestFacts(message)
  if ('fault' in facts) throw new Error(facts.reason)
  return lines(callHeaders(message, facts, { ...PLAN, ...plan }))
}

const FROM = 'From: <sip:+15559876543@198.51.100.7>'
const TO = 'To: <sip:+15551234567@192.0.2.1>'

describe('the headers of a call', () => {
  it('are those of the caller without what belongs to its leg', () => {
    const extra = ['Route: <sip:a;lr>', 'Record-Route: <sip:b;lr>', 'Timestamp: 1', 'X-One: 1', 'Diversion: <sip:c@d>']
    expect(ofCall({ extra })).toEqual([FROM, TO, 'Max-Forwards: 69', 'X-One: 1', 'Diversion: <sip:c@d>'])
  })

  it('keep every line of a header, and the order of all', () => {
    const extra = ['X-B: 1', 'X-A: 2, 3', 'X-B: 4']
    expect(ofCall({ extra }).slice(3)).toEqual(extra)
  })

  it('begin with 70 hops where the caller has named none', () => {
    expect(ofCall({ maxForwards: null })).toContain('Max-Forwards: 70')
  })

  it.each([
    ['<sip:a@b>;tag=x;user=phone', '<sip:a@b>;user=phone'],
    ['"Smith; tag=y" <sip:a@b>;user=phone;TAG=x', '"Smith; tag=y" <sip:a@b>;user=phone'],
    ['sip:a@b;tag=x', 'sip:a@b'],
  ])('have From %s without its tag', (from, without) => {
    expect(ofCall({ from })[0]).toBe(`From: ${without}`)
  })

  it('lose what the rule removes, and what it sets replaces the caller’s, in any case or form', () => {
    const extra = ['x-internal: 1', 'P-Asserted-Identity: <sip:a@b>', 's: caller', 'X-Trunk: forged']
    const setHeaders = [
      { name: 'X-TRUNK', value: 'default/carrier' },
      { name: 'Subject', value: 'rule\r\nEvil: 1' },
    ]
    const removeHeaders = ['X-Internal', 'p-asserted-identity']
    expect(ofCall({ extra }, { setHeaders, removeHeaders }).slice(3)).toEqual([
      'X-TRUNK: default/carrier',
      'Subject: ruleEvil: 1',
    ])
  })

  it('offer no reliable responses (RFC 3262), and leave the list out where nothing else stands in it', () => {
    const extra = ['Supported: 100rel, timer', 'k: 100REL', 'Require: 100rel', 'RAck: 1 1 INVITE']
    expect(ofCall({ extra }).slice(3)).toEqual(['Supported: timer'])
  })

  it('are text in UTF-8', () => {
    const extra = [`X-Name: ${Buffer.from('Müller').toString('latin1')}`]
    expect(ofCall({ extra }).at(-1)).toBe('X-Name: Müller')
  })
})

describe('the headers of a response', () => {
  const response = (status: number, extra: string[]) => parsed(responseText(requestText(), status, { extra }))

  it('lose the Retry-After of a refusal, which would pause the whole trunk', () => {
    expect(lines(responseHeaders(response(503, ['Retry-After: 5', 'X-A: 1']), 'keep'))).toEqual(['X-A: 1'])
  })

  it('keep the Contact of a redirection only', () => {
    const extra = ['Contact: <sip:a@b>, <sip:c@d>']
    expect(lines(responseHeaders(response(302, extra), 'keep'))).toEqual(['Contact: <sip:a@b>', 'Contact: <sip:c@d>'])
    expect(responseHeaders(response(200, extra), 'keep')).toEqual([])
  })

  it.each([
    ['keep', [], true],
    ['remove', [], false],
    ['hide-private', [], true],
    ['hide-private', ['Privacy: id'], false],
  ] as const)('with the identity rule %s and %j show the identity: %p', (rule, privacy, shown) => {
    const fields = responseHeaders(response(200, ['P-Asserted-Identity: <sip:a@b>', ...privacy]), rule)
    expect(lines(fields).includes('P-Asserted-Identity: <sip:a@b>')).toBe(shown)
  })
})

describe('a request inside a dialog', () => {
  it('keeps its type and body and loses what is removed', () => {
    const body = Buffer.from('Grüße').toString('latin1')
    const message = parsed(
      requestText({ method: 'INFO', body, extra: ['c: text/plain', 'P-Asserted-Identity: <sip:a@b>'] }),
    )
    expect(
      lines(
        dialogHeaders(message, { setHeaders: [{ name: 'X-Set', value: '1' }], removeHeaders: ['P-Asserted-Identity'] }),
      ),
    ).toEqual(['Content-Type: text/plain', 'X-Set: 1'])
    expect(bodyOf(message)).toBe('Grüße')
  })
})

it('no value can end its line', () => {
  expect(clean({ name: 'X', value: 'a\r\nY: b\u0000\u0085\u2028\u2029' })).toEqual({ name: 'X', value: 'aY: b' })
})
