import { describe, expect, it } from '@jest/globals'
import {
  inviteClientInput,
  inviteClientTables,
} from '../../../../../../ingress/sip/native/transaction/invite-client-table.ts'
import { tableGaps, transitionLines } from '../../../../../support/transition-lines.ts'

const STATES = ['Initial', 'Calling', 'Proceeding', 'Accepted', 'Completed', 'Terminated']
const PEER_AND_USER = ['start', 'provisional', 'success', 'failure', 'transportError', 'destroy']
const TIMERS = ['timerA', 'timerB', 'timerD', 'timerM']

const EVERY_TRANSPORT = [
  'Initial destroy > Terminated: rest terminate',
  'Calling timerA > Calling: startA send',
  'Calling timerB > Terminated: rest timeout terminate',
  'Calling provisional > Proceeding: rest passUp',
  'Calling success > Accepted: rest startM passUp',
  'Calling transportError > Terminated: rest transportError terminate',
  'Calling destroy > Terminated: rest terminate',
  'Proceeding provisional > Proceeding: passUp',
  'Proceeding success > Accepted: rest startM passUp',
  'Proceeding destroy > Terminated: rest terminate',
  'Accepted success > Accepted: passUp',
  'Accepted timerM > Terminated: rest terminate',
  'Accepted destroy > Terminated: rest terminate',
  'Completed failure > Completed: ack',
  'Completed timerD > Terminated: rest terminate',
  'Completed transportError > Terminated: rest terminate',
  'Completed destroy > Terminated: rest terminate',
]

const UNRELIABLE = [
  'Initial start > Calling: startA startB send',
  'Calling failure > Completed: rest startD passUp ack',
  'Proceeding failure > Completed: rest startD passUp ack',
]

const RELIABLE = [
  'Initial start > Calling: startB send',
  'Calling failure > Terminated: rest ack passUp terminate',
  'Proceeding failure > Terminated: rest ack passUp terminate',
]

describe('the INVITE client transaction of RFC 3261 §17.1.1 and RFC 6026 §7.2', () => {
  it.each(['reliable', 'unreliable'] as const)('lists every pair of state and input (%s)', (transport) => {
    expect(tableGaps(inviteClientTables[transport], STATES, [...PEER_AND_USER, ...TIMERS])).toEqual([])
  })

  it('does over an unreliable transport what the RFCs say, and ignores every other pair', () => {
    expect(transitionLines(inviteClientTables.unreliable)).toEqual([...EVERY_TRANSPORT, ...UNRELIABLE].toSorted())
  })

  it('does over a reliable transport what the RFCs say, and ignores every other pair', () => {
    expect(transitionLines(inviteClientTables.reliable)).toEqual([...EVERY_TRANSPORT, ...RELIABLE].toSorted())
  })

  it.each([
    [100, 'provisional'],
    [199, 'provisional'],
    [200, 'success'],
    [299, 'success'],
    [300, 'failure'],
    [699, 'failure'],
  ])('takes a %i for %s', (status, input) => {
    expect(inviteClientInput(status)).toBe(input)
  })
})
