import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { fromWords } from '../../../../../../ingress/address/ip-address.ts'
import { MAX_WAITING_BYTES, MAX_WAITING_REQUESTS } from '../../../../../../ingress/sip/native/overload/limits.ts'
import {
  createWaitingRequests,
  type WaitingRequest,
  type WaitingRequests,
} from '../../../../../../ingress/sip/native/overload/waiting-requests.ts'
import type { Flow } from '../../../../../../ingress/sip/native/transport/transport.ts'

const address = fromWords([0, 0, 0xffff, 0xc0000201])
const FLOW: Flow = {
  ...{ transport: 'UDP', remoteAddress: address, remotePort: 5060 },
  peer: { transport: 'UDP', address, port: 5060 },
  local: { transport: 'UDP', address, port: 5060 },
  ...{ send: () => true, sendOnce: () => true, open: true },
  ...{ close: () => undefined, hold: () => undefined, release: () => undefined },
}

function request(key: string, size = 10): WaitingRequest {
  return { bytes: Buffer.alloc(size), flow: FLOW, key, arrivedAt: 0 }
}

function takeAll(waiting: WaitingRequests): string[] {
  const keys: string[] = []
  for (let first = waiting.first(); first; first = waiting.first()) {
    keys.push(first.key)
    waiting.removeFirst()
  }
  return keys
}

describe('waiting requests', () => {
  it('come out in the order in which they came, each once, whatever is done between', () => {
    const steps = fc.array(fc.oneof(fc.constant('take' as const), fc.nat(30)), { maxLength: 200 })
    fc.assert(
      fc.property(steps, (done) => {
        const waiting = createWaitingRequests()
        const model: string[] = []
        for (const step of done) {
          const key = String(step)
          if (step === 'take') {
            expect(waiting.first()?.key).toBe(model.shift())
            waiting.removeFirst()
          } else if (!waiting.has(key)) {
            expect(waiting.add(request(key))).toBe(true)
            model.push(key)
          }
          expect({ count: waiting.count, has: waiting.has(key) }).toEqual({
            count: model.length,
            has: model.includes(key),
          })
        }
        expect(takeAll(waiting)).toEqual(model)
      }),
    )
  })

  it('take no more than their number, and again when one has left', () => {
    const waiting = createWaitingRequests()
    let refused = 0
    const add = (key: string): void => {
      if (!waiting.add(request(key))) refused++
    }
    for (let i = 0; i < MAX_WAITING_REQUESTS; i++) add(String(i))
    expect(refused).toBe(0)
    expect(waiting.add(request('more'))).toBe(false)
    expect(waiting.has('more')).toBe(false)
    for (let i = 0; i < 2 * MAX_WAITING_REQUESTS; i++) {
      waiting.removeFirst()
      add(`more ${i}`)
    }
    expect(refused).toBe(0)
    expect(waiting.count).toBe(MAX_WAITING_REQUESTS)
    expect(takeAll(waiting).at(-1)).toBe(`more ${2 * MAX_WAITING_REQUESTS - 1}`)
  })

  it('take no more than their bytes, and again when one has left', () => {
    const waiting = createWaitingRequests()
    const half = MAX_WAITING_BYTES / 2
    expect([waiting.add(request('a', half)), waiting.add(request('b', half))]).toEqual([true, true])
    expect(waiting.add(request('c', 1))).toBe(false)
    waiting.removeFirst()
    expect(waiting.add(request('c', half))).toBe(true)
  })

  it('stay none when the first of none is removed', () => {
    const waiting = createWaitingRequests()
    waiting.removeFirst()
    expect({ count: waiting.count, first: waiting.first() }).toEqual({ count: 0, first: undefined })
  })
})
