/** What a process leaves of the calls that it has warmed up with: nothing, on no wire, in no count and in no line. */
import { afterEach, describe, expect, it } from '@jest/globals'
import { parseExposition } from '../support/exposition-text.ts'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { type DatagramPeer, openDatagramPeer } from '../support/wire-socket.ts'

let ingress: StandaloneProcess
let backend: DatagramPeer
let caller: DatagramPeer

afterEach(async () => {
  backend.close()
  caller.close()
  await ingress.stop()
})

describe('a process that says that it serves', () => {
  it('is ready, and nobody has heard of its warm-up', async () => {
    backend = await openDatagramPeer('127.0.0.1')
    caller = await openDatagramPeer('127.0.0.3')
    const uri = `sip:127.0.0.1:${backend.port}`
    ingress = await startStandalone({
      manifests: [
        sipTrunk('carrier', { sources: ['127.0.0.3'], numbers: { defaultRegion: 'US' } }),
        dispatchRule('route', '+12025550101', routeTo([uri])),
      ],
    })
    expect(await ingress.readiness()).toEqual([200, expect.any(String)])
    expect([backend.received, caller.received]).toEqual([[], []])
    const messages = ingress.log.map(({ msg }) => msg)
    expect(messages.slice(-2)).toEqual(['listening', 'serving'])
    expect(messages).toContain('route table changed')
    expect(messages).not.toContain('call decided')
    const counted = parseExposition(await ingress.metrics()).flatMap(({ samples }) => samples)
    expect(counted.length).toBeGreaterThan(50)
    const above = counted.filter(({ name, value }) => /_(total|count|sum)$/.test(name) && value !== 0)
    expect(above).toEqual([])
    expect(await ingress.metrics()).not.toContain('warm-up')
  })
})
