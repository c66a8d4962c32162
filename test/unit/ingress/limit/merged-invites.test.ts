import { expect, it } from '@jest/globals'
import { MAX_MERGED, MERGED_MS, MERGED_PLACES } from '../../../../ingress/limit/limits.ts'
import { createMergedInvites } from '../../../../ingress/limit/merged-invites.ts'

it('a copy of an INVITE is recognized for the life of the INVITE', () => {
  const merged = createMergedInvites()
  expect(merged.isCopy(5, 0)).toBe(false)
  merged.remember(5, 0)
  expect([merged.isCopy(5, 0), merged.isCopy(5, MERGED_MS - 1), merged.isCopy(5, MERGED_MS)]).toEqual([
    true,
    true,
    false,
  ])
})

it('copies without end are recognized some times only', () => {
  const merged = createMergedInvites()
  const known = Array.from({ length: 3 * MAX_MERGED }, (_, at) => {
    const isCopy = merged.isCopy(5, at)
    if (!isCopy) merged.remember(5, at)
    return isCopy
  })
  expect(known.filter((isCopy) => isCopy)).toHaveLength(MAX_MERGED)
})

it('an INVITE that loses its place to another one is not taken for that one', () => {
  const merged = createMergedInvites()
  merged.remember(5, 0)
  merged.remember(5 + MERGED_PLACES, 0)
  expect([merged.isCopy(5, 1), merged.isCopy(5 + MERGED_PLACES, 1)]).toEqual([false, true])
})
