import { describe, expect, it } from '@jest/globals'
import {
  nonInviteServerInput,
  nonInviteServerTables,
} from '../../../../../../ingress/sip/native/transaction/non-invite-server-table.ts'
import { tableGaps, transitionLines } from '../../../../../support/transition-lines.ts'

const STATES = ['Trying', 'Proceeding', 'Completed', 'Terminated']
const INPUTS = ['request', 'trying', 'provisional', 'final', 'requestTimeout', 'timerJ', 'destroy']

const EVERY_TRANSPORT = [
  'Trying trying > Proceeding: send',
  'Trying destroy > Terminated: rest terminate',
  'Proceeding request > Proceeding: sendAgain',
  'Proceeding trying > Proceeding: send',
  'Proceeding destroy > Terminated: rest terminate',
  'Completed request > Completed: sendAgain',
  'Completed timerJ > Terminated: rest terminate',
  'Completed destroy > Terminated: rest terminate',
]

const UNRELIABLE = [
  'Trying final > Completed: startJ send',
  'Trying requestTimeout > Completed: rest startJ',
  'Proceeding final > Completed: startJ send',
  'Proceeding requestTimeout > Completed: rest startJ',
]

const RELIABLE = [
  'Trying final > Terminated: send rest terminate',
  'Trying requestTimeout > Terminated: rest terminate',
  'Proceeding final > Terminated: send rest terminate',
  'Proceeding requestTimeout > Terminated: rest terminate',
]

describe('the non-INVITE server transaction of RFC 3261 §17.2.2 and RFC 4320 §4', () => {
  it.each(['reliable', 'unreliable'] as const)('lists every pair of state and input (%s)', (transport) => {
    expect(tableGaps(nonInviteServerTables[transport], STATES, INPUTS)).toEqual([])
  })

  it('does over an unreliable transport what the RFCs say, and ignores every other pair', () => {
    expect(transitionLines(nonInviteServerTables.unreliable)).toEqual([...EVERY_TRANSPORT, ...UNRELIABLE].toSorted())
  })

  it('does over a reliable transport what the RFCs say, and ignores every other pair', () => {
    expect(transitionLines(nonInviteServerTables.reliable)).toEqual([...EVERY_TRANSPORT, ...RELIABLE].toSorted())
  })

  it.each([
    [100, 'trying'],
    [101, 'provisional'],
    [199, 'provisional'],
    [200, 'final'],
    [407, 'final'],
    [408, 'requestTimeout'],
    [409, 'final'],
    [699, 'final'],
  ])('takes a %i for %s', (status, input) => {
    expect(nonInviteServerInput(status)).toBe(input)
  })
})
