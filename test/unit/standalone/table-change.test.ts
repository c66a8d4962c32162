import { describe, expect, it } from '@jest/globals'
import { createTableChanges } from '../../../standalone/table-change.ts'
import { ruleEntry, trunkEntry } from '../../support/engine-harness.ts'

describe('the change from one table to the next', () => {
  it('holds every entry at first, then only what differs', () => {
    const changes = createTableChanges()
    const first = changes.next([trunkEntry(), ruleEntry()])
    expect(first.delta).toEqual({ upserted: [trunkEntry(), ruleEntry()], removed: [] })
    first.takenOver()
    const second = changes.next([ruleEntry({ priority: 5 })])
    expect(second.delta).toEqual({ upserted: [ruleEntry({ priority: 5 })], removed: ['trunk/default/carrier'] })
  })

  it('counts from the table that was taken over, not from one that was refused', () => {
    const changes = createTableChanges()
    changes.next([trunkEntry()]).takenOver()
    changes.next([])
    expect(changes.next([trunkEntry()]).delta).toEqual({ upserted: [], removed: [] })
  })
})
