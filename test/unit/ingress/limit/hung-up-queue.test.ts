import { expect, it } from '@jest/globals'
import { createHungUpQueue } from '../../../../ingress/limit/hung-up-queue.ts'
import { MAX_TOLD_AT_ONCE, MAX_WAITING_TO_BE_TOLD } from '../../../../ingress/limit/limits.ts'

it('hung-up calls wait in order, in a bounded number, and those that could not be told come first again', () => {
  const queue = createHungUpQueue()
  for (let key = 0; key < MAX_WAITING_TO_BE_TOLD + 500; key++) queue.add(key)
  const first = queue.take()
  expect([first.length, first[0]]).toEqual([MAX_TOLD_AT_ONCE, 0])
  queue.putBack(first)
  let taken = 0
  for (let keys = queue.take(); keys.length > 0; keys = queue.take()) {
    expect(keys[0]).toBe(taken)
    taken += keys.length
  }
  expect(taken).toBe(MAX_WAITING_TO_BE_TOLD)
})
