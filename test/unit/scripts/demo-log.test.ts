import { describe, expect, it } from '@jest/globals'
import { wordsOf } from '../../../scripts/demo-log.ts'

const TIME = '2026-01-02T03:04:05.678Z'
/** As the day has it where the test runs. */
const AT = new Date(TIME).toTimeString().slice(0, 8)

function words(line: Readonly<Record<string, unknown>>): string {
  return wordsOf({ level: 'info', time: TIME, ...line })
}

describe('a line of the log in words', () => {
  const call = {
    ...{ msg: 'call decided', calling: '+14155550100', called: '+19005550100', source: '127.0.0.1:40000' },
    ...{ transport: 'UDP', outcome: 'rejected', status: 403, trunk: 'default/local', rule: 'default/premium' },
    reason: 'Premium Numbers Not Allowed',
  }

  it('tells a call: who, whom, what became of it, which rule, why', () => {
    expect(words(call)).toBe(
      `${AT}  call: from +14155550100 to +19005550100, of 127.0.0.1:40000 UDP: rejected, 403, rule default/premium: Premium Numbers Not Allowed`,
    )
  })

  it.each([
    [{ rule: '' }, 'rejected, 403, trunk default/local: '],
    [{ rule: '', trunk: '', status: 0 }, 'rejected, no answer, no trunk: '],
    [{ called: '', calling: '' }, 'call: from unknown to unknown, '],
  ])('tells a call of which something is not known: %j', (change, expected) => {
    expect(words({ ...call, ...change })).toContain(expected)
  })

  it('tells a problem with its place and its object, and what goes on', () => {
    const line = { level: 'error', msg: 'manifests refused, last good table kept', object: 'SipTrunk default/a' }
    expect(words({ ...line, problem: 'r.yaml:7: spec.sources: is required' })).toBe(
      `${AT}  ERROR rules: refused, the last good ones go on: r.yaml:7: spec.sources: is required in SipTrunk default/a`,
    )
    expect(words({ ...line, object: undefined, error: 'Error: gone' })).toMatch(/go on: Error: gone$/)
  })

  it.each([
    [{ added: ['rule a/b'], removed: ['trunk a/c', 'rule a/d'] }, 'added rule a/b; removed trunk a/c, rule a/d'],
    [{ changed: ['rule a/b'], more: 3 }, 'changed rule a/b and 3 more'],
  ])('tells a change: %j', (change, expected) => {
    expect(words({ msg: 'manifests changed', ...change })).toBe(`${AT}  rules: ${expected}`)
  })

  it('tells how much is in use', () => {
    expect(words({ msg: 'route table changed', version: 2, entries: 4, trunks: 1, rules: 3 })).toBe(
      `${AT}  rules: in use from the next call on: 1 trunk, 3 rules (version 2)`,
    )
  })

  it('tells every other line with its fields', () => {
    expect(words({ level: 'warn', msg: 'backend down', backend: 'sip:10.0.0.5:5060', reason: '503' })).toBe(
      `${AT}  WARN backend down backend=sip:10.0.0.5:5060 reason=503`,
    )
    expect(wordsOf({ msg: 'x', listening: ['a'] })).toBe('--:--:--  x listening=["a"]')
  })

  it.each(['\u001b[2J', '\u0007', '\r\n', '\u009b', '\u0085', '\u2028', '\u202e', '\u200b'])(
    'lets nothing that a caller wrote steer the terminal: %j',
    (bytes) => {
      const line = words({ ...call, called: `a${bytes}b` })
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u)
      expect(line).toMatch(/ to a\\u[0-9a-f]{4}/)
    },
  )
})
