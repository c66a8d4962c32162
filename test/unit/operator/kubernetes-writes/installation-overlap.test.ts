import { describe, expect, it } from '@jest/globals'
import { type Installation, isSenior, storedInstallation } from '../../../../operator/kubernetes-writes/installation.ts'
import { createOverlaps } from '../../../../operator/kubernetes-writes/installation-overlap.ts'
import { CLAIM_MS, OVERLAP_REVIEW_MS } from '../../../../operator/kubernetes-writes/limits.ts'
import { fakeOperatorClock } from '../../../support/fake-operator-clock.ts'

const OLD: Installation = { name: 'voice/operator', since: '2026-01-01T00:00:00Z' }
const YOUNG: Installation = { name: 'trial/operator', since: '2026-02-01T00:00:00Z' }

/** What one installation does about the statuses of namespace `team`. */
function setting(own: Installation) {
  const clock = fakeOperatorClock()
  const told: string[] = []
  const overlaps = createOverlaps(clock, (key, { name }, speaks) => told.push(`${key} ${name} ${speaks}`))
  const verdict = (key: string, by: Installation | undefined, wasStored = false) =>
    overlaps.verdict(own, { key, namespace: 'team', by, wasStored })
  return { clock, told, overlaps, verdict }
}

describe('the younger of two installations', () => {
  it('tries one status, and leaves all to an older one that lives', () => {
    const { verdict, overlaps, told } = setting(YOUNG)
    expect(verdict('a', OLD)).toBe('claim')
    expect(verdict('b', OLD)).toBe('leave')
    overlaps.claimed('a')
    expect(verdict('a', YOUNG)).toBe('leave')
    expect(verdict('a', OLD)).toBe('leave')
    expect(told).toEqual(['a voice/operator true'])
    expect(overlaps.any).toBe(true)
    // A new object, which the older one is about to write.
    expect(verdict('c', undefined)).toBe('leave')
  })

  it('takes over from an older one that is gone, and gives way where it comes back', () => {
    const { verdict, overlaps, told, clock } = setting(YOUNG)
    verdict('a', OLD)
    overlaps.claimed('a')
    clock.advance(CLAIM_MS - 1)
    expect(verdict('a', YOUNG)).toBe('leave')
    clock.advance(1)
    expect(verdict('a', YOUNG)).toBe('write')
    expect(verdict('b', OLD)).toBe('write')
    expect(told).toEqual([])
    expect(verdict('b', OLD, true)).toBe('leave')
    expect(verdict('a', OLD)).toBe('leave')
    expect(told).toEqual(['b voice/operator true'])
  })

  it('tries again after a while', () => {
    const { verdict, overlaps, clock } = setting(YOUNG)
    verdict('a', OLD)
    overlaps.claimed('a')
    verdict('a', OLD)
    clock.advance(OVERLAP_REVIEW_MS - 1)
    expect(verdict('b', OLD)).toBe('leave')
    clock.advance(1)
    expect(verdict('b', OLD)).toBe('claim')
  })

  it('tries another object where that of a try has gone', () => {
    const { verdict, clock } = setting(YOUNG)
    verdict('a', OLD)
    clock.advance(2 * CLAIM_MS)
    expect(verdict('b', OLD)).toBe('claim')
  })
})

describe('the older of two installations', () => {
  it('writes over the younger one, and tells it once in a while', () => {
    const { verdict, told, clock, overlaps } = setting(OLD)
    expect([verdict('a', YOUNG), verdict('b', YOUNG)]).toEqual(['write', 'write'])
    expect(told).toEqual(['a trial/operator false'])
    clock.advance(OVERLAP_REVIEW_MS)
    verdict('b', YOUNG)
    expect(told).toHaveLength(2)
    clock.advance(2 * OVERLAP_REVIEW_MS)
    expect(overlaps.any).toBe(false)
  })

  it('takes its own name for its own, whatever leader has written it', () => {
    const { verdict, told } = setting(OLD)
    expect([verdict('a', OLD), verdict('b', undefined), verdict('c', { ...OLD, since: YOUNG.since })]).toEqual([
      'write',
      'write',
      'write',
    ])
    expect(told).toEqual([])
  })
})

describe('an installation', () => {
  it('is senior by age, then by name: one of two, whoever asks', () => {
    const twin = { ...OLD, name: 'z/operator' }
    expect([isSenior(OLD, YOUNG), isSenior(YOUNG, OLD)]).toEqual([true, false])
    expect([isSenior(OLD, twin), isSenior(twin, OLD)]).toEqual([true, false])
  })

  it.each([undefined, {}, { installation: 'x' }, { installation: { name: 'x' } }])('is nobody in %j', (status) => {
    expect(storedInstallation(status)).toBeUndefined()
  })
})
