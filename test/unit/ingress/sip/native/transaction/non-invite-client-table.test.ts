import { describe, expect, it } from '@jest/globals'
import {
  nonInviteClientInput,
  nonInviteClientTables,
} from '../../../../../../ingress/sip/native/transaction/non-invite-client-table.ts'
import { tableGaps, transitionLines } from '../../../../../support/transition-lines.ts'

const STATES = ['Initial', 'Trying', 'Proceeding', 'Completed', 'Terminated']
const INPUTS = ['start', 'provisional', 'final', 'transportError', 'timerE', 'timerF', 'timerK', 'destroy']

const EVERY_TRANSPORT = [
  'Initial destroy > Terminated: rest terminate',
  'Trying timerE > Trying: startE send',
  'Trying timerF > Terminated: rest timeout terminate',
  'Trying provisional > Proceeding: passUp',
  'Trying transportError > Terminated: rest transportError terminate',
  'Trying destroy > Terminated: rest terminate',
  'Proceeding timerE > Proceeding: startEAtT2 send',
  'Proceeding timerF > Terminated: rest timeout terminate',
  'Proceeding provisional > Proceeding: passUp',
  'Proceeding transportError > Terminated: rest transportError terminate',
  'Proceeding destroy > Terminated: rest terminate',
  'Completed timerK > Terminated: rest terminate',
  'Completed destroy > Terminated: rest terminate',
]

const UNRELIABLE = [
  'Initial start > Trying: startE startF send',
  'Trying final > Completed: rest startK passUp',
  'Proceeding final > Completed: rest startK passUp',
]

const RELIABLE = [
  'Initial start > Trying: startF send',
  'Trying final > Terminated: rest passUp terminate',
  'Proceeding final > Terminated: rest passUp terminate',
]

describe('the non-INVITE client transaction of RFC 3261 §17.1.2', () => {
  it.each(['reliable', 'unreliable'] as const)('lists every pair of state and input (%s)', (transport) => {
    expect(tableGaps(nonInviteClientTables[transport], STATES, INPUTS)).toEqual([])
  })

  it('does over an unreliable transport what the RFC says, and ignores every other pair', () => {
    expect(transitionLines(nonInviteClientTables.unreliable)).toEqual([...EVERY_TRANSPORT, ...UNRELIABLE].toSorted())
  })

  it('does over a reliable transport what the RFC says, and ignores every other pair', () => {
    expect(transitionLines(nonInviteClientTables.reliable)).toEqual([...EVERY_TRANSPORT, ...RELIABLE].toSorted())
  })

  it.each([
    [100, 'provisional'],
    [199, 'provisional'],
    [200, 'final'],
    [699, 'final'],
  ])('takes a %i for %s', (status, input) => {
    expect(nonInviteClientInput(status)).toBe(input)
  })
})
