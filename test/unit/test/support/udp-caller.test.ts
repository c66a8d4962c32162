import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { headerOf, methodOf, responseText, statusOf } from '../../../support/sip-text.ts'
import { startSteadyCaller } from '../../../support/steady-caller.ts'
import { openUdpCaller, type UdpCaller } from '../../../support/udp-caller.ts'

type Answer = (request: string, answer: (status: number) => void) => void

describe('a caller over UDP', () => {
  let server: Socket
  let caller: UdpCaller
  let port: number
  let got: { readonly at: number; readonly text: string }[]
  let onRequest: Answer

  beforeEach(async () => {
    got = []
    server = createSocket('udp4').bind(0, '127.0.0.1')
    server.on('message', (bytes: Buffer, from: RemoteInfo) => {
      const text = bytes.toString('latin1')
      got.push({ at: performance.now(), text })
      onRequest(text, (status) => server.send(responseText(text, status), from.port, from.address))
    })
    await once(server, 'listening')
    port = server.address().port
    caller = await openUdpCaller()
  })

  afterEach(() => {
    caller.close()
    server.close()
  })

  const methods = (): string[] => got.map(({ text }) => methodOf(text))

  it('sends an INVITE again after T1 and then after 2*T1, and acknowledges its refusal (RFC 3261 §17.1.1)', async () => {
    onRequest = (request, answer) => {
      if (methodOf(request) === 'INVITE' && got.length === 3) answer(486)
    }
    const final = (await caller.request({ callId: 'repeated' }, port)) ?? ''
    expect(statusOf(final)).toBe(486)
    while (got.length < 4) await once(server, 'message')
    expect(methods()).toEqual(['INVITE', 'INVITE', 'INVITE', 'ACK'])
    const [first, second, third, ack] = got
    // A timer is never early, and may be late on a busy machine.
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(400)
    expect((third?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(1_400)
    expect(headerOf(ack?.text ?? '', 'Via')).toEqual(headerOf(first?.text ?? '', 'Via'))
    expect(headerOf(ack?.text ?? '', 'To')).toEqual(headerOf(final, 'To'))
  })

  it('does not send an INVITE again that has a provisional response, but a BYE', async () => {
    onRequest = (request, answer) => {
      answer(100)
      const last = methods().filter((one) => one === 'BYE').length === 3
      if (methodOf(request) === 'BYE' && last) for (const id of ['INVITE', 'BYE']) answerLast(id)
    }
    const answerLast = (method: string): void => {
      const { text = '' } = got.find((one) => methodOf(one.text) === method) ?? {}
      server.send(responseText(text, 200), caller.port, '127.0.0.1')
    }
    const calls = [caller.request({ callId: 'ringing' }, port), caller.request({ callId: 'bye', method: 'BYE' }, port)]
    const statuses = (await Promise.all(calls)).map((final = '') => statusOf(final))
    expect(statuses).toEqual([200, 200])
    expect(methods().filter((one) => one === 'INVITE')).toHaveLength(1)
  })

  it('tells of the calls that never get an answer: which, when, and what the ingress has logged', async () => {
    onRequest = (request, answer) => {
      if (methodOf(request) === 'INVITE' && !headerOf(request, 'Call-ID')[0]?.endsWith('-1')) answer(486)
    }
    const log: { msg: string; callId: string }[] = []
    const begun = Date.now()
    const steady = await startSteadyCaller('+15550000999', port, [{ log }])
    while (got.length < 5) await once(server, 'message')
    const lostId = got.map(({ text }) => headerOf(text, 'Call-ID')[0] ?? '').find((id) => id.endsWith('-1')) ?? ''
    log.push({ msg: 'call decided', callId: lostId }, { msg: 'call decided', callId: 'another' })
    const { lost, statuses } = await steady.end()
    steady.close()
    expect(statuses).toEqual([486])
    expect(lost).toEqual([{ callId: lostId, sentAt: expect.any(Number), logged: [log[0]] }])
    expect((lost[0]?.sentAt ?? 0) - begun).toBeGreaterThanOrEqual(0)
    const sent = got.filter(({ text }) => headerOf(text, 'Call-ID')[0] === lostId)
    // RFC 3261 §17.1.1.2: seven in the 32 s of Timer B, and fewer where timers are late.
    expect(sent.length).toBeGreaterThan(4)
    expect(sent.length).toBeLessThanOrEqual(7)
  }, 120_000)
})
