/** A backend in memory that answers every INVITE by a script: any responses at any times, repeated, late, or none. */
import type { FakeClock } from './fake-clock.ts'
import type { MemoryNetwork, SentPacket } from './memory-network.ts'
import { headerOf, methodOf, responseText } from './sip-text.ts'

export interface BackendScript {
  /** Responses to an INVITE, each with its time in milliseconds since the last one. */
  readonly responses: readonly { readonly after: number; readonly status: number }[]
  /** The reaction to a CANCEL: nothing, a 200 to it, 481 to it, or a 200 to it and a 487 to its INVITE. */
  readonly onCancel: 'nothing' | 'ok' | 'unknown' | 'terminate'
  /** Whether each repeat of an INVITE starts the script again. */
  readonly answersRepeats: boolean
  readonly refuses: boolean
}

/** A provisional or final response that a backend has sent. */
export interface BackendResponse {
  readonly callId: string
  readonly status: number
  readonly at: number
}

/** Starts a backend at an address; its responses are added to `log`. */
export function startScriptedBackend(
  at: string,
  script: BackendScript,
  {
    network,
    clock,
    log,
  }: { readonly network: MemoryNetwork; readonly clock: FakeClock; readonly log: BackendResponse[] },
): void {
  if (script.refuses) return network.refuse(at)
  const invites = new Map<string, SentPacket>()
  const send = (request: SentPacket, status: number): void => {
    const extra = status < 400 ? [`Contact: <sip:agent@${at}>`] : ['Retry-After: 300']
    log.push({ callId: headerOf(request.text, 'Call-ID')[0] ?? '', status, at: clock.now() })
    network.deliver(at, responseText(request.text, status, { toTag: at, extra }), request.transport)
  }
  const play = (request: SentPacket): void => {
    let when = 0
    for (const { after, status } of script.responses) {
      when += after
      clock.after(when, () => send(request, status), undefined)
    }
  }
  network.listen(at, (packet) => {
    const key = headerOf(packet.text, 'Via')[0] ?? ''
    const method = methodOf(packet.text)
    if (method === 'INVITE') {
      const repeated = invites.has(key)
      invites.set(key, packet)
      if (!repeated || script.answersRepeats) play(packet)
    }
    const invite = invites.get(key)
    if (method !== 'CANCEL' || !invite || script.onCancel === 'nothing') return
    send(packet, script.onCancel === 'unknown' ? 481 : 200)
    if (script.onCancel === 'terminate') send(invite, 487)
  })
}
