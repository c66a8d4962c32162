import { describe, expect, it } from '@jest/globals'
import type { Condition } from '../../../../crds/schema/conditions.ts'
import { changedConditions, storedConditions } from '../../../../operator/kubernetes-writes/object-status.ts'

const ACCEPTED: Condition<'Accepted'> = {
  type: 'Accepted',
  status: 'True',
  reason: 'Accepted',
  message: 'In the table.',
}
const CONFLICTED: Condition<'Conflicted'> = {
  type: 'Conflicted',
  status: 'True',
  reason: 'SameMatch',
  message: 'An older rule has the same match.',
}
const BEFORE = '2026-01-01T00:00:00Z'
const NOW = '2026-01-02T00:00:00Z'

/** The status after a first write at BEFORE, of generation 1. */
function written(...conditions: readonly Condition[]) {
  const stored = changedConditions([], { generation: 1, conditions }, BEFORE)
  if (!stored) throw new Error('a first status is a change')
  return stored
}

describe('the conditions of a status', () => {
  it('carry the generation that they are about and the time of their last change', () => {
    expect(written(ACCEPTED)).toEqual([{ ...ACCEPTED, observedGeneration: 1, lastTransitionTime: BEFORE }])
  })

  it('are not written again while they say the same', () => {
    const wanted = { generation: 1, conditions: [ACCEPTED, CONFLICTED] }
    expect(changedConditions(written(CONFLICTED, ACCEPTED), wanted, NOW)).toBeUndefined()
  })

  it('keep their time while their status stays, whatever else changes', () => {
    const wanted = { generation: 2, conditions: [{ ...ACCEPTED, message: 'In the table, in part.' }] }
    expect(changedConditions(written(ACCEPTED), wanted, NOW)).toEqual([
      { ...ACCEPTED, message: 'In the table, in part.', observedGeneration: 2, lastTransitionTime: BEFORE },
    ])
  })

  it('get a new time when their status changes', () => {
    const refused = { ...ACCEPTED, status: 'False', reason: 'NoTrunk' } as const
    const next = changedConditions(written(ACCEPTED), { generation: 1, conditions: [refused] }, NOW)
    expect(next?.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([NOW])
  })

  it('are written without one that is not true any more', () => {
    const next = changedConditions(written(ACCEPTED, CONFLICTED), { generation: 1, conditions: [ACCEPTED] }, NOW)
    expect(next?.map(({ type }) => type)).toEqual(['Accepted'])
  })

  it('leave the condition of somebody else alone', () => {
    const foreign = { type: 'Audited', status: 'True', lastTransitionTime: BEFORE, reason: 'Audit', message: '' }
    const wanted = { generation: 1, conditions: [ACCEPTED] }
    expect(changedConditions([foreign, ...written(ACCEPTED)], wanted, NOW)).toBeUndefined()
    const next = changedConditions([foreign, ...written(ACCEPTED, CONFLICTED)], wanted, NOW)
    expect(next).toEqual([...written(ACCEPTED), foreign])
  })
})

describe('the status of an object as it was sent', () => {
  it('gives its conditions', () => {
    expect(storedConditions({ conditions: written(ACCEPTED) })).toEqual(written(ACCEPTED))
  })

  it.each([undefined, null, 'x', {}, { conditions: 'x' }, { conditions: [null, { type: 'Accepted' }] }])(
    'gives none where there is none: %j',
    (status) => {
      expect(storedConditions(status)).toEqual([])
    },
  )
})
