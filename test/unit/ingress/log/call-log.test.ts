import { describe, expect, it } from '@jest/globals'
import type { CallDecided } from '../../../../ingress/call/call-events.ts'
import { createCallLog } from '../../../../ingress/log/call-log.ts'
import { createLogger, type LogLevel } from '../../../../ingress/log/logger.ts'
import { callDecided, callSource } from '../../../support/call-event.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

type Line = Readonly<Record<string, unknown>>

function logOf({ callsPerSecond = 200, level = 'info' }: { callsPerSecond?: number; level?: LogLevel } = {}) {
  const clock = new FakeClock()
  const texts: string[] = []
  const logger = createLogger(level, { write: (text) => void texts.push(text) })
  const log = createCallLog({ logger, callsPerSecond, clock })
  const lines = (): Line[] => texts.map((text): Line => JSON.parse(text))
  const messages = () => lines().map(({ msg }) => msg)
  return { clock, log, texts, lines, messages }
}

/** A call whose fields count how often they are read. */
function watched(overrides: Partial<CallDecided>): { call: CallDecided; reads: () => number } {
  let reads = 0
  const call = callDecided(overrides)
  Object.defineProperty(call, 'callId', {
    get: () => {
      reads++
      return 'x'
    },
  })
  return { call, reads: () => reads }
}

describe('a decided call', () => {
  it('is one JSON line with a constant message and every fact', () => {
    const { log, lines } = logOf()
    log.onEvent(callDecided({ outcome: 'no_rule', status: 503, noRuleReason: 'called', backend: '', rule: '' }))
    const [{ time, ...line } = { time: '' }] = lines()
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    expect(line).toEqual({
      level: 'info',
      msg: 'call decided',
      decisionId: 'Jw5hQ0vT3zM',
      callId: 'a84b4c76e66710@203.0.113.7',
      source: '203.0.113.7:5060',
      transport: 'UDP',
      trunk: 'default/acme',
      rule: '',
      outcome: 'no_rule',
      status: 503,
      reason: 'OK',
      noRuleReason: 'called',
      called: '+15551234567',
      calling: '+15557654321',
      backend: '',
      decisionMs: 0.02,
      totalMs: 400,
    })
  })

  it('says which limit refused it', () => {
    const { log, lines } = logOf()
    log.onEvent(callDecided({ outcome: 'over_limit', status: 503, overLimitReason: 'trunk_concurrent_calls' }))
    expect(lines()).toMatchObject([{ outcome: 'over_limit', overLimitReason: 'trunk_concurrent_calls' }])
  })

  it('tells every try of a backend with its result, status and time, and who was passed over', () => {
    const { log, lines } = logOf()
    const times = { beganAt: 1000, endedAt: 1002.5 }
    const attempts = [
      { backend: 'sip:10.0.0.5', place: 'sip:10.0.0.5', result: 'transport' as const, status: 0, ...times },
      { backend: 'team/pbx:5060', place: '10.0.0.7:5060', result: 'answered' as const, status: 200, ...times },
    ]
    log.onEvent(callDecided({ attempts, passedOver: [{ backend: 'sip:10.0.0.6', result: 'paused' }] }))
    expect(lines()[0]?.['attempts']).toEqual([
      { backend: 'sip:10.0.0.5', result: 'transport', status: 0, ms: 2.5 },
      { backend: 'team/pbx:5060', endpoint: '10.0.0.7:5060', result: 'answered', status: 200, ms: 2.5 },
      { backend: 'sip:10.0.0.6', result: 'paused', status: 0, ms: 0 },
    ])
    expect(lines()[0]).not.toHaveProperty('attemptsLeftOut')
  })

  it('is as short with 64 backends that failed and as many that were passed over: the first, the last and a count', () => {
    const { log, texts, lines } = logOf()
    const names = Array.from({ length: 64 }, (_, i) => `sip:${i}.${'x'.repeat(2000)}`)
    const attempts = names.map((name) => ({
      ...{ backend: name, place: `${name}:1`, result: 'timeout' as const, status: 0, beganAt: 0, endedAt: 1 },
    }))
    log.onEvent(callDecided({ attempts, passedOver: names.map((backend) => ({ backend, result: 'paused' as const })) }))
    expect(lines()[0]?.['attemptsLeftOut']).toBe(120)
    const told = Array.from(Object(lines()[0]?.['attempts']), (attempt) => String(Object(attempt).backend).slice(0, 7))
    expect(told.map((name) => name.split('.')[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 63].map((i) => `sip:${i}`))
    expect(texts.join('').length).toBeLessThan(6000)
  })

  it.each([
    [{ type: 'address', address: callSource('198.51.100.7').address }, '198.51.100.7'],
    [{ type: 'none' }, 'none: no Via stands below that of the proxy'],
    [{ type: 'unreadable' }, 'unreadable: the Via below that of the proxy names no address'],
    [{ type: 'ambiguous' }, 'ambiguous: the Via below that of the proxy says something twice'],
  ] as const)(
    'names beside a trusted proxy whom it was judged by, as every line with a source does',
    (judged, text) => {
      const { log, lines } = logOf()
      const source = { ...callSource('203.0.113.7'), judged }
      log.onEvent(callDecided({ source }))
      log.onEvent({ type: 'near-miss', source, trunk: 'default/acme', reason: 'called', method: 'INVITE' })
      log.onEvent({ type: 'dropped', source, reason: 'no_dialog', method: 'BYE' })
      expect(lines().map(({ msg, source, judgedSource }) => [msg, source, judgedSource])).toEqual(
        ['call decided', 'near miss', 'packet dropped'].map((msg) => [msg, '203.0.113.7:5060', text]),
      )
    },
  )

  it('beyond the bound is counted by outcome, and told in one line at the end of the second', () => {
    const { clock, log, messages, lines } = logOf({ callsPerSecond: 1 })
    for (const outcome of ['forwarded', 'forwarded', 'no_rule', 'forwarded'] as const)
      log.onEvent(callDecided({ outcome }))
    expect(messages()).toEqual(['call decided'])
    clock.advance(1000)
    expect(lines()[1]).toMatchObject({ msg: 'call lines left out', leftOut: { forwarded: 2, no_rule: 1 } })
  })

  it('builds its fields only where it is written', () => {
    const { log } = logOf({ callsPerSecond: 1 })
    const [first, second] = [watched({}), watched({})]
    log.onEvent(first.call)
    log.onEvent(second.call)
    expect(first.reads()).toBeGreaterThan(0)
    expect(second.reads()).toBe(0)
  })

  it('is not written, nor counted as left out, below the level of the log', () => {
    const { clock, log, texts } = logOf({ level: 'warn', callsPerSecond: 0 })
    log.onEvent(callDecided())
    clock.advance(1000)
    expect(texts).toEqual([])
  })

  it('shows at most 256 characters of what its sender chose', () => {
    const { log, lines } = logOf()
    log.onEvent(callDecided({ callId: 'a'.repeat(60_000), called: 'b'.repeat(257) }))
    expect(lines()[0]).toMatchObject({ callId: `${'a'.repeat(256)}…`, called: `${'b'.repeat(256)}…` })
  })

  it('writes an IPv6 source with brackets', () => {
    const { log, lines } = logOf()
    log.onEvent(callDecided({ source: callSource('2001:db8::7') }))
    expect(lines()[0]).toMatchObject({ source: '[2001:db8::7]:5060' })
  })

  it('is one line, whatever its sender chose', () => {
    const { log, texts } = logOf()
    log.onEvent(callDecided({ calling: 'a\r\n{"level":"error"}' }))
    expect(texts).toHaveLength(1)
    expect(texts[0]?.indexOf('\n')).toBe((texts[0]?.length ?? 0) - 1)
  })
})

describe('digest credentials', () => {
  const credentials = 'Proxy-Authorization: Digest username="bob", nonce="84a4cc", response="6629fae4"'

  it('never reach the log with a reason', () => {
    const { log, texts } = logOf()
    log.onEvent(callDecided({ reason: `bad header ${credentials}` }))
    expect(texts[0]).toContain('Digest [redacted]')
    expect(texts[0]).not.toMatch(/bob|84a4cc|6629fae4/)
  })

  it('never reach the log with a fault', () => {
    const { log, texts } = logOf()
    log.onEvent({ type: 'fault', code: 'parse', message: `cannot read\n${credentials}` })
    expect(texts[0]).not.toMatch(/bob|84a4cc|6629fae4/)
  })
})

describe('strangers', () => {
  const source = callSource('198.51.100.9')

  it('have a budget of their own, so that a scan leaves the calls of peers in the log', () => {
    const { clock, log, lines, messages } = logOf({ callsPerSecond: 1 })
    for (let i = 0; i < 50; i++) log.onEvent(callDecided({ outcome: 'auth_drop', status: 0, trunk: '' }))
    log.onEvent(callDecided())
    expect(lines().filter(({ outcome }) => outcome === 'auth_drop')).toHaveLength(5)
    expect(lines().filter(({ outcome }) => outcome === 'forwarded')).toHaveLength(1)
    clock.advance(1000)
    expect(messages().at(-1)).toBe('stranger lines left out')
    expect(lines().at(-1)).toMatchObject({ leftOut: { auth_drop: 45 } })
  })

  it('have one line for an INVITE: that of the decided call', () => {
    const { log, messages } = logOf()
    log.onEvent({ type: 'dropped', source, reason: 'stranger', method: 'INVITE' })
    expect(messages()).toEqual([])
  })

  it('are named with source, reason and method', () => {
    const { log, lines } = logOf()
    log.onEvent({ type: 'dropped', source, reason: 'stranger', method: 'OPTIONS' })
    expect(lines()[0]).toMatchObject({
      ...{ level: 'info', msg: 'packet dropped', source: '198.51.100.9:5060' },
      ...{ transport: 'UDP', reason: 'stranger', method: 'OPTIONS' },
    })
  })

  it('whose source was rewritten are a warning with what to change, one a second, an INVITE too', () => {
    const { clock, log, lines, messages } = logOf()
    for (let i = 0; i < 50; i++) log.onEvent({ type: 'dropped', source, reason: 'stranger', method: 'REGISTER' })
    for (const method of ['INVITE', 'OPTIONS', 'INVITE']) {
      log.onEvent({ type: 'dropped', source, reason: 'source_rewritten', method })
    }
    const told = lines().filter(({ msg }) => msg === 'source is being rewritten')
    expect(told).toMatchObject([
      { level: 'warn', source: '198.51.100.9:5060', method: 'INVITE', advice: expect.stringContaining('never allow') },
    ])
    clock.advance(1000)
    expect(messages()).toContain('rewritten source lines left out')
  })

  it('that were almost a trunk’s are a warning with that trunk, whatever a scan does meanwhile', () => {
    const { log, lines } = logOf()
    for (let i = 0; i < 50; i++) log.onEvent({ type: 'dropped', source, reason: 'stranger', method: 'REGISTER' })
    log.onEvent({ type: 'near-miss', source, trunk: 'default/acme', reason: 'transport', method: 'INVITE' })
    expect(lines().at(-1)).toMatchObject({
      level: 'warn',
      msg: 'near miss',
      trunk: 'default/acme',
      reason: 'transport',
    })
  })
})

describe('changes and faults', () => {
  it('says when a backend goes and comes back', () => {
    const { log, lines } = logOf()
    const backend = 'sip:10.0.0.5:5060'
    log.onEvent({ type: 'backend-health', backend, up: false, reason: 'timeout' })
    log.onEvent({ type: 'backend-health', backend, up: true, reason: 'answered' })
    expect(lines()).toMatchObject([
      { level: 'warn', msg: 'backend down', backend, reason: 'timeout' },
      { level: 'info', msg: 'backend up', backend, reason: 'answered' },
    ])
  })

  it('says which table is in use', () => {
    const { log, lines } = logOf()
    log.tableChanged({ version: 7, entries: 3, trunks: 1, rules: 2 })
    expect(lines()[0]).toMatchObject({ msg: 'route table changed', version: 7, entries: 3, trunks: 1, rules: 2 })
  })

  it('reports a call that was never answered as an error', () => {
    const { log, lines } = logOf()
    log.onEvent({ type: 'unanswered', trunk: 'default/acme', callId: 'x' })
    expect(lines()[0]).toMatchObject({ level: 'error', msg: 'call unanswered', trunk: 'default/acme', callId: 'x' })
  })

  it('bounds faults, which every packet may set off, and tells how many were left out by code', () => {
    const { log, lines, messages } = logOf()
    for (let i = 0; i < 25; i++) log.onEvent({ type: 'fault', code: 'send-failed', message: 'EPERM' })
    log.close()
    expect(messages().filter((message) => message === 'fault')).toHaveLength(10)
    expect(lines().at(-1)).toMatchObject({ msg: 'fault lines left out', leftOut: { 'send-failed': 15 } })
  })

  it('writes no line for what only metrics count', () => {
    const { log, texts } = logOf({ level: 'debug' })
    log.onEvent({ type: 'rule-won', rule: 'default/sales' })
    log.onEvent({ type: 'first-response', trunk: 'default/acme', backend: 'sip:10.0.0.5', status: 180, seconds: 1 })
    log.onEvent({ type: 'backend-attempt', backend: 'sip:10.0.0.5', result: 'answered', status: 200, heard: true })
    expect(texts).toEqual([])
  })
})

it('a number that is called very often is a warning with the number and what to do, and few of them are written', () => {
  const { log, lines } = logOf()
  for (let i = 0; i < 50; i++) log.onEvent({ type: 'number-repeated', trunk: 'd/t', rule: 'd/r', called: `+1${i}` })
  const told = lines().filter(({ msg }) => msg === 'number called very often')
  expect(told).toMatchObject([
    { level: 'warn', trunk: 'd/t', rule: 'd/r', called: '+10', advice: expect.stringContaining('circle') },
  ])
})
