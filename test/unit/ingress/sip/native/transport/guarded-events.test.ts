import { describe, expect, it } from '@jest/globals'
import { guardEvents } from '../../../../../../ingress/sip/native/transport/guarded-events.ts'
import type { Flow, TransportEvents } from '../../../../../../ingress/sip/native/transport/transport.ts'
import { addressOf } from './recorded-events.ts'

const PEER = { transport: 'UDP', address: addressOf('192.0.2.1'), port: 5060 } as const
const FLOW: Flow = {
  transport: 'UDP',
  remoteAddress: PEER.address,
  remotePort: PEER.port,
  peer: PEER,
  local: PEER,
  open: true,
  send: () => true,
  sendOnce: () => true,
  close: () => undefined,
  hold: () => undefined,
  release: () => undefined,
}

/** Every listener throws; faults are kept. */
function throwing(): { events: TransportEvents; faults: string[] } {
  const faults: string[] = []
  const fail = () => {
    throw new Error('listener defect')
  }
  const onFault = (code: string, message: string) => faults.push(`${code} ${message.split('\n')[0]}`)
  const listeners = { onMessage: fail, onFullBatch: fail, onBrokenStream: fail, onUnreachable: fail, isKnown: fail }
  return { events: { ...listeners, onFault }, faults }
}

describe('guarded events', () => {
  it.each([
    ['onMessage', (events: TransportEvents) => events.onMessage(Buffer.alloc(1), 0, 1, FLOW)],
    ['onFullBatch', (events: TransportEvents) => events.onFullBatch()],
    ['onBrokenStream', (events: TransportEvents) => events.onBrokenStream(Buffer.alloc(1), 'fault', FLOW)],
    ['onUnreachable', (events: TransportEvents) => events.onUnreachable(PEER, new Error('gone'))],
    ['isKnown', (events: TransportEvents) => events.isKnown(PEER.address, PEER.port)],
  ])('turn what %s throws into a fault', (name, call) => {
    const { events, faults } = throwing()
    call(guardEvents(events))
    expect(faults).toEqual([`listener-threw ${name}: Error: listener defect`])
  })

  it('take the source for a stranger when it cannot be asked about', () => {
    expect(guardEvents(throwing().events).isKnown(PEER.address, PEER.port)).toBe(false)
  })
})
