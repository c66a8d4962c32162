import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { headerOf, requestText, responseText, statusOf } from '../support/sip-text.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { type DatagramPeer, openDatagramPeer } from '../support/wire-socket.ts'

const NUMBER = '+15550000901'

/** Longer than any of these tests: only a signal or the last answer may end the process. */
const NEVER = ['--drain-deadline-seconds', '600']

describe('a process that is told to end by SIGTERM', () => {
  let backend: DatagramPeer
  let caller: DatagramPeer
  let ingress: StandaloneProcess

  beforeEach(async () => {
    backend = await openDatagramPeer('127.0.0.1')
    caller = await openDatagramPeer('127.0.0.1')
  })

  afterEach(async () => {
    for (const peer of [backend, caller]) peer.close()
    await ingress.stop()
  })

  async function start(flags: readonly string[]): Promise<void> {
    const rule = dispatchRule('leaving', NUMBER, routeTo([`sip:127.0.0.1:${backend.port}`]))
    ingress = await startStandalone({ manifests: [sipTrunk('carrier', { sources: ['127.0.0.1'] }), rule], flags })
  }

  function request(method: string, callId: string): Promise<void> {
    const via = `SIP/2.0/UDP 127.0.0.1:${caller.port};branch=z9hG4bK-${callId}`
    return caller.send(requestText({ method, uri: `sip:${NUMBER}@127.0.0.1`, via, callId }), ingress.udp)
  }

  /** What the caller was sent for a call. */
  const answered = (callId: string, status: number): Promise<string> =>
    caller.answer((text) => statusOf(text) === status && headerOf(text, 'Call-ID')[0] === callId)

  /** A call that rings; answers the INVITE as the backend has it. */
  async function ring(callId: string): Promise<string> {
    await request('INVITE', callId)
    const invite = await backend.answer((text) => headerOf(text, 'Call-ID')[0] === callId)
    await backend.send(responseText(invite, 180), ingress.udp)
    await answered(callId, 180)
    return invite
  }

  async function sigterm(phase: string): Promise<void> {
    ingress.child.kill('SIGTERM')
    await ingress.said((line) => line['phase'] === phase)
  }

  it('refuses late calls with 503 and is not ready, lets the call that rings be answered, and then ends with 0', async () => {
    await start(NEVER)
    const invite = await ring('early')
    await sigterm('draining')
    await request('INVITE', 'late')
    expect(headerOf(await answered('late', 503), 'Retry-After')).toEqual([])
    await request('OPTIONS', 'ping')
    await answered('ping', 503)
    expect(await ingress.readiness()).toEqual([503, 'not ready\nshutting down: new calls are refused\n'])
    const draining = { outcome: 'draining', trunk: 'default/carrier', status: '503' }
    expect(await ingress.count('sip_dispatch_invites_total', draining)).toBe(1)
    await backend.send(responseText(invite, 486), ingress.udp)
    const refusal = await answered('early', 486)
    const via = headerOf(refusal, 'Via')[0] ?? ''
    const ack = {
      method: 'ACK',
      uri: `sip:${NUMBER}@127.0.0.1`,
      via,
      callId: 'early',
      to: headerOf(refusal, 'To')[0] ?? '',
    }
    const late = { ...ack, via: via.replace('early', 'late'), callId: 'late' }
    for (const one of [ack, late]) await caller.send(requestText(one), ingress.udp)
    expect(await ingress.stop('SIGCONT')).toEqual([0, null])
    expect(ingress.log.at(-1)).toMatchObject({ msg: 'stopped' })
  })

  it('takes calls as before while it settles, and says to probes from the first moment that it leaves', async () => {
    await start([...NEVER, '--settle-seconds', '600'])
    await request('OPTIONS', 'before')
    await answered('before', 200)
    await sigterm('settling')
    expect(await ingress.readiness()).toEqual([503, 'not ready\nshutting down: calls are still taken\n'])
    await request('OPTIONS', 'after')
    await answered('after', 503)
    await ring('settling')
  })

  it('says 200 to OPTIONS while it settles where others share its address, and takes calls', async () => {
    await start([...NEVER, '--settle-seconds', '600', '--settle-options', 'ok'])
    await sigterm('settling')
    await request('OPTIONS', 'shared')
    await answered('shared', 200)
    await ring('settling')
    expect((await ingress.readiness())[0]).toBe(503)
  })

  it('waits for a call no longer than its deadline says, then answers it with 503', async () => {
    await start(['--drain-deadline-seconds', '1'])
    await ring('for-ever')
    await sigterm('draining')
    await answered('for-ever', 503)
    expect(await ingress.stop('SIGCONT')).toEqual([0, null])
  })

  it('waits for nothing after a second signal: a call that rings gets its 503 at once', async () => {
    await start(NEVER)
    await ring('hurried')
    await sigterm('draining')
    ingress.child.kill('SIGTERM')
    await answered('hurried', 503)
    expect(await ingress.stop('SIGCONT')).toEqual([0, null])
  })
})
