import { describe, expect, it } from '@jest/globals'
import {
  inviteServerInput,
  inviteServerTables,
} from '../../../../../../ingress/sip/native/transaction/invite-server-table.ts'
import { tableGaps, transitionLines } from '../../../../../support/transition-lines.ts'

const STATES = ['Proceeding', 'Accepted', 'Completed', 'Confirmed', 'Terminated']
const PEER_AND_USER = ['request', 'ack', 'provisional', 'success', 'failure', 'destroy']
const TIMERS = ['timerG', 'timerH', 'timerI', 'timerL']

const EVERY_TRANSPORT = [
  'Proceeding request > Proceeding: sendAgain',
  'Proceeding provisional > Proceeding: send',
  'Proceeding success > Accepted: rest startL sendOnce',
  'Proceeding destroy > Terminated: rest terminate',
  'Accepted ack > Accepted: passAck',
  'Accepted success > Accepted: sendOnce',
  'Accepted timerL > Terminated: rest terminate',
  'Accepted destroy > Terminated: rest terminate',
  'Completed request > Completed: sendAgain',
  'Completed timerG > Completed: startG sendAgain',
  'Completed timerH > Terminated: rest timeout terminate',
  'Completed destroy > Terminated: rest terminate',
  'Confirmed timerI > Terminated: rest terminate',
  'Confirmed destroy > Terminated: rest terminate',
]

const UNRELIABLE = ['Proceeding failure > Completed: startG startH send', 'Completed ack > Confirmed: rest startI']

const RELIABLE = ['Proceeding failure > Completed: startH send', 'Completed ack > Terminated: rest terminate']

describe('the INVITE server transaction of RFC 3261 §17.2.1 and RFC 6026 §7.1', () => {
  it.each(['reliable', 'unreliable'] as const)('lists every pair of state and input (%s)', (transport) => {
    expect(tableGaps(inviteServerTables[transport], STATES, [...PEER_AND_USER, ...TIMERS])).toEqual([])
  })

  it('does over an unreliable transport what the RFCs say, and ignores every other pair', () => {
    expect(transitionLines(inviteServerTables.unreliable)).toEqual([...EVERY_TRANSPORT, ...UNRELIABLE].toSorted())
  })

  it('does over a reliable transport what the RFCs say, and ignores every other pair', () => {
    expect(transitionLines(inviteServerTables.reliable)).toEqual([...EVERY_TRANSPORT, ...RELIABLE].toSorted())
  })

  it.each([
    [100, 'provisional'],
    [199, 'provisional'],
    [200, 'success'],
    [299, 'success'],
    [300, 'failure'],
    [408, 'failure'],
    [699, 'failure'],
  ])('takes a %i for %s', (status, input) => {
    expect(inviteServerInput(status)).toBe(input)
  })
})
