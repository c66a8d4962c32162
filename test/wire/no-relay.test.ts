/** A backend copies Record-Route into its refusal; a stranger tries what the caller got. On the wire, with every byte seen. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { headerOf, requestText, responseText, statusOf } from '../support/sip-text.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { type DatagramPeer, openDatagramPeer } from '../support/wire-socket.ts'

const NUMBER = '+15551234567'

describe('a cookie of a backend', () => {
  let ingress: StandaloneProcess
  let caller: DatagramPeer
  let backend: DatagramPeer
  let stranger: DatagramPeer
  let victim: DatagramPeer

  beforeAll(async () => {
    const addresses = ['127.0.0.1', '127.0.0.5', '127.0.0.7', '127.0.0.9']
    const [first, second, third, fourth] = await Promise.all(addresses.map(openDatagramPeer))
    if (!first || !second || !third || !fourth) throw new Error('four sockets')
    ;[caller, backend, stranger, victim] = [first, second, third, fourth]
    ingress = await startStandalone({
      manifests: [
        sipTrunk('carrier', { sources: ['127.0.0.1'] }),
        dispatchRule('route', NUMBER, routeTo([`sip:127.0.0.5:${backend.port}`])),
      ],
      listen: ['udp://0.0.0.0:0', 'tcp://127.0.0.1:0'],
    })
  })

  afterAll(async () => {
    for (const socket of [caller, backend, stranger, victim]) socket.close()
    await ingress.stop()
  })

  it('D-08: stays with the backend, and in a stranger’s hands reaches the caller and nobody else', async () => {
    const via = `SIP/2.0/UDP 127.0.0.1:${caller.port};branch=z9hG4bK-relay`
    await caller.send(requestText({ uri: `sip:${NUMBER}@127.0.0.1`, via }), ingress.udp)
    const invite = await backend.answer((text) => text.startsWith('INVITE ') && text.includes('call-1@'))
    const routes = headerOf(invite, 'Record-Route')
    expect(routes.join()).toContain('sdc=')
    await backend.send(responseText(invite, 486), ingress.udp)
    const refusal = await caller.answer((text) => statusOf(text) === 486)
    expect([headerOf(refusal, 'Record-Route'), refusal.includes('sdc=')]).toEqual([[], false])
    for (const method of ['MESSAGE', 'INVITE']) {
      const request = requestText({
        ...{ method, cseq: 7, uri: `sip:x@127.0.0.9:${victim.port}` },
        via: `SIP/2.0/UDP 127.0.0.7:${stranger.port};branch=z9hG4bK-${method}`,
        from: '<sip:x@127.0.0.7>;tag=backend',
        to: '<sip:y@127.0.0.1>;tag=caller',
        extra: routes.map((route) => `Route: ${route}`),
      })
      await stranger.send(request, ingress.udp)
      await caller.answer((text) => text.startsWith(`${method} sip:x@127.0.0.9`))
    }
    expect(victim.received).toEqual([])
  })

  it.each([
    { answer: 'with a To tag', untagged: false, arrives: ['ACK'] },
    { answer: 'without a To tag', untagged: true, arrives: ['INFO', 'INVITE', 'BYE', 'ACK'] },
  ])(
    'D-08: of the caller in a stranger’s hands, without a To tag, after an answer $answer, leads to that backend at most',
    async ({ untagged, arrives }) => {
      const callId = `untagged-${untagged}`
      const via = `SIP/2.0/UDP 127.0.0.1:${caller.port};branch=z9hG4bK-${callId}`
      await caller.send(requestText({ uri: `sip:${NUMBER}@127.0.0.1`, via, callId }), ingress.udp)
      const invite = await backend.answer((text) => text.startsWith('INVITE ') && text.includes(callId))
      const answer = responseText(invite, 200, { extra: [`Contact: <sip:agent@127.0.0.5:${backend.port}>`] })
      await backend.send(untagged ? answer.replace(';tag=backend', '') : answer, ingress.udp)
      const ok = await caller.answer((text) => statusOf(text) === 200 && text.includes(callId))
      const routes = headerOf(ok, 'Record-Route').map((route) => `Route: ${route}`)
      const before = [stranger.received.length, backend.received.length] as const
      for (const method of ['INFO', 'INVITE', 'BYE', 'ACK']) {
        const request = requestText({
          ...{ method, cseq: 7, callId, uri: `sip:x@127.0.0.9:${victim.port}`, extra: routes },
          via: `SIP/2.0/UDP 127.0.0.7:${stranger.port};branch=z9hG4bK-${callId}-${method}`,
        })
        await stranger.send(request, ingress.udp)
      }
      // What comes after all of them has been dealt with says that they have.
      await caller.send(requestText({ method: 'OPTIONS', callId: `${callId}-last`, via: `${via}-last` }), ingress.udp)
      await caller.answer((text) => statusOf(text) === 200 && text.includes(`${callId}-last`))
      await backend.answer((text) => text.startsWith('ACK ') && text.includes(callId))
      const got = backend.received.slice(before[1]).map((text) => text.split(' ', 1)[0])
      expect([...new Set(got)]).toEqual(arrives)
      expect(untagged ? [] : stranger.received.slice(before[0])).toEqual([])
      expect(victim.received).toEqual([])
    },
  )
})
