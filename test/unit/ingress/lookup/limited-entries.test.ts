import { expect, it } from '@jest/globals'
import { createLimitedEntries } from '../../../../ingress/lookup/limited-entries.ts'
import { ruleEntry, trunkEntry } from '../../../support/table-entries.ts'

const RATE = { rate: { callsPerSecond: 1, burst: 1 }, scope: 'Pod' } as const
const SHARED = { concurrent: { calls: 1, maxCallSeconds: 60 }, scope: 'Installation' } as const

it('what limits there are is known after each change, also where an entry is replaced before the old one is removed', () => {
  const limited = createLimitedEntries()
  const kinds = () => [limited.trunks.size, limited.rules.size, limited.countsCalls, limited.isShared]
  const [old, next] = [ruleEntry('r', { limits: SHARED }), ruleEntry('r', { limits: RATE })]
  limited.put(trunkEntry('a'))
  limited.put(old)
  expect(kinds()).toEqual([0, 1, true, true])
  limited.put(next)
  limited.remove(old)
  expect([kinds(), limited.rules.get('team/r')]).toEqual([[0, 1, false, false], next])
  limited.put(ruleEntry('r'))
  expect(kinds()).toEqual([0, 0, false, false])
  const trunk = trunkEntry('a', { limits: SHARED })
  limited.put(trunk)
  limited.put(trunk)
  limited.remove(trunk)
  limited.remove(trunk)
  expect(kinds()).toEqual([0, 0, false, false])
})
