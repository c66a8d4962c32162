/** A real process to which more calls come than it can do: every known caller gets a final answer, and no stranger a byte. */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { T1_MS } from '../../ingress/sip/limits.ts'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { headerOf, methodOf, requestText, responseText, statusOf } from '../support/sip-text.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { type DatagramPeer, openDatagramPeer } from '../support/wire-socket.ts'

const PEER = '127.0.0.1'
const STRANGER = '127.0.0.2'
const NUMBER = '+15551234567'

/** Calls that come within a second or two, which is more than a process can do. */
const BURST = 8000
/** So many of them wait at once when the process goes on. If its socket has no room for all of them, the rest comes again. */
const AT_ONCE = 2500
/** Calls after which the backend has its turn. */
const BETWEEN_ANSWERS = 64
/** Calls after which a stranger calls. */
const STRANGERS_AFTER = 40
/** Every INVITE is repeated until it has its answer, and no more often than this. */
const MOST_ROUNDS = 60

describe('a process that was stopped while thousands of calls came', () => {
  let ingress: StandaloneProcess
  let peer: DatagramPeer
  let stranger: DatagramPeer
  let backend: DatagramPeer

  beforeAll(async () => {
    peer = await openDatagramPeer(PEER)
    stranger = await openDatagramPeer(STRANGER)
    backend = await openDatagramPeer(PEER)
    ingress = await startStandalone({
      manifests: [
        sipTrunk('carrier', { sources: [PEER] }),
        dispatchRule('route', NUMBER, routeTo([`sip:127.0.0.1:${backend.port}`])),
      ],
    })
  })

  afterAll(async () => {
    for (const socket of [peer, stranger, backend]) socket.close()
    await ingress.stop()
  })

  const invite = ({ address, port }: DatagramPeer, call: number): string =>
    requestText({
      via: `SIP/2.0/UDP ${address}:${port};branch=z9hG4bK-${call}`,
      callId: `call-${call}`,
      uri: `sip:${NUMBER}@127.0.0.1`,
    })

  let answered = 0
  /** The backend is busy, for every call. */
  async function answerAll(): Promise<void> {
    for (; answered < backend.received.length; answered++) {
      const text = backend.received[answered] ?? ''
      if (methodOf(text) === 'INVITE') await backend.send(responseText(text, 486), ingress.udp)
    }
  }

  /** The final statuses of calls, by Call-ID. */
  function finals(): Map<string, Set<number>> {
    const found = new Map<string, Set<number>>()
    for (const text of peer.received) {
      if (statusOf(text) < 200) continue
      const [callId = ''] = headerOf(text, 'Call-ID')
      found.set(callId, (found.get(callId) ?? new Set()).add(statusOf(text)))
    }
    return found
  }

  /** Sends every call once. The process sees the first ones together. */
  async function burst(): Promise<void> {
    ingress.child.kill('SIGSTOP')
    for (let call = 0; call < BURST; call++) {
      await peer.send(invite(peer, call), ingress.udp)
      if (call === AT_ONCE) ingress.child.kill('SIGCONT')
      if (call % STRANGERS_AFTER === 0) await stranger.send(invite(stranger, call), ingress.udp)
      if (call % BETWEEN_ANSWERS === 0) await answerAll()
    }
  }

  /** Sends again what has no final response after T1. */
  async function repeat(): Promise<void> {
    for (const end = Date.now() + T1_MS; Date.now() < end; await pause(1)) await answerAll()
    const ended = finals()
    for (let call = 0; call < BURST; call++) {
      if (!ended.has(`call-${call}`)) await peer.send(invite(peer, call), ingress.udp)
    }
  }

  it('ends each of them with one final status, sheds some, and is as before afterwards', async () => {
    await burst()
    for (let round = 0; round < MOST_ROUNDS && finals().size < BURST; round++) await repeat()
    const ended = finals()
    expect(ended.size).toBe(BURST)
    expect([...ended.values()].filter((statuses) => statuses.size > 1)).toEqual([])
    const counted = (outcome: string, status: string): Promise<number> =>
      ingress.count('sip_dispatch_invites_total', { outcome, trunk: '', status })
    expect(await counted('over_limit', '503')).toBeGreaterThan(0)
    await ingress.said(({ msg }) => msg === 'calls shed')
    await peer.send(invite(peer, BURST), ingress.udp)
    await peer.answer((text) => statusOf(text) === 100 && text.includes(`call-${BURST}\r\n`))
    expect(stranger.received).toEqual([])
    expect(await counted('auth_drop', 'none')).toBeGreaterThan(0)
  })
})
