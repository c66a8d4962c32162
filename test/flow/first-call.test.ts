/**
 * The report that this project began with, replayed on both engines: the caller must never again ring until they hang up,
 * and the log must say what was sent.
 */
import { describe, expect, it } from '@jest/globals'
import type { TableEntry } from '../../ingress/route-table/route-table.ts'
import { routeAction, ruleEntry, trunkEntry } from '../support/engine-harness.ts'
import {
  type FirstCall,
  type FirstCallEnd,
  firstCallOnDrachtio,
  firstCallOnNative,
  HUNG_UP_AT,
} from '../support/first-call.ts'

const TRUNK = 'default/carrier'

const otherNumber = ruleEntry({ called: [{ type: 'exact', value: '+4930123456' }] })
/** Nobody answers at these addresses. */
const away = ruleEntry({ action: routeAction({ backendTimeout: 2_000 }) })

interface Situation extends FirstCall {
  readonly name: string
  readonly outcome: string
  readonly trunk: string
  /** The final response as `milliseconds status`, or nothing at all where nothing was said before. */
  readonly native: readonly string[]
  /** After the server's own 100. */
  readonly drachtio: readonly string[]
}

const table = (...rules: TableEntry[]): TableEntry[] => [trunkEntry(), ...rules]

const SITUATIONS: readonly Situation[] = [
  {
    ...{ name: 'no rule for the number', from: 'peer', entries: table(otherNumber) },
    ...{ outcome: 'no_rule', trunk: TRUNK, native: ['0 503'], drachtio: ['0 503'] },
  },
  {
    ...{ name: 'a source that nobody admits', from: 'stranger', entries: table(otherNumber) },
    ...{ outcome: 'auth_drop', trunk: '', native: [], drachtio: ['0 503'] },
  },
  {
    ...{ name: 'every backend away', from: 'peer', entries: table(away), slow: true },
    ...{ outcome: 'no_backend', trunk: TRUNK, native: ['0 100', '4000 503'], drachtio: ['4000 503'] },
  },
  {
    ...{ name: 'a lookup that is not loaded yet', from: 'peer', entries: null },
    ...{ outcome: 'rules_unavailable', trunk: '', native: ['0 503'], drachtio: ['0 503'] },
  },
]

const ENGINES: readonly [name: 'native' | 'drachtio', call: (call: FirstCall) => Promise<FirstCallEnd>][] = [
  ['native', firstCallOnNative],
  ['drachtio', firstCallOnDrachtio],
]

const statuses = (responses: readonly string[]): number[] => responses.map((text) => Number(text.split(' ')[1]))

describe.each(ENGINES)('on the %s engine, the call that rang for 13 seconds', (engine, call) => {
  it.each(SITUATIONS)(
    'with $name has one final response at most, long before the caller gives up',
    async (situation) => {
      const { name: _, outcome, trunk, native, drachtio, ...given } = situation
      const expected = engine === 'native' ? native : ['0 100', ...drachtio]
      const { responses, open, counted, unanswered, line } = await call(given)
      // Between real sockets a fake clock goes on in steps: when exactly, only the other engine can show.
      if (engine === 'drachtio' && given.slow) expect(statuses(responses)).toEqual(statuses(expected))
      else expect(responses).toEqual(expected)
      expect(statuses(responses).filter((status) => status > 100 && status < 200)).toEqual([])
      expect(statuses(responses).filter((status) => status >= 200)).toHaveLength(responses.length === 0 ? 0 : 1)
      for (const text of responses) expect(Number(text.split(' ')[0])).toBeLessThan(HUNG_UP_AT)
      expect(open).toBe(0)
      const status = statuses(responses).at(-1) ?? 0
      const label = status === 0 ? 'none' : String(status)
      expect(counted).toEqual([`sip_dispatch_invites_total{outcome="${outcome}",trunk="${trunk}",status="${label}"} 1`])
      expect(unanswered).toEqual([])
      expect(line).toMatchObject({ outcome, trunk, status })
    },
  )
})
