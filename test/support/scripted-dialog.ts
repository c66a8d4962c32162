/** A call between the default peer and B1, with requests inside it. The test decides how each side writes its messages. */
import { B1, type Harness, PEER } from './engine-harness.ts'
import type { SentPacket } from './memory-network.ts'
import { headerOf, methodOf, type RequestText, requestText, responseText, statusOf } from './sip-text.ts'

export interface DialogScript {
  /** Changes of the caller's INVITE. */
  readonly invite?: RequestText
  /** Source address of the INVITE. */
  readonly from?: string
  /** Contact of B1's answer. */
  readonly contact?: string
  /** Whether B1's answer has no To tag. */
  readonly untagged?: boolean
  /** Changes B1's answer before it is sent. */
  readonly rewrite?: (answer: string) => string
}

export interface ScriptedDialog {
  readonly harness: Harness
  /** The INVITE as B1 received it, and the answer as the caller received it. */
  readonly invite: string
  readonly ok: string
  /** The route sets of the caller and of B1, as values. */
  readonly callerRoutes: readonly string[]
  readonly backendRoutes: readonly string[]
  /** Sends a request of either side; returns the packets that the engine then sent. */
  readonly fromCaller: (change?: RequestText, from?: string) => SentPacket[]
  readonly fromBackend: (change?: RequestText, from?: string) => SentPacket[]
}

let branches = 0

/** `values` become Route headers, a line each. */
export function routeLines(values: readonly string[]): string[] {
  return values.map((value) => `Route: ${value}`)
}

export function scriptDialog(harness: Harness, script: DialogScript = {}): ScriptedDialog {
  const { from = PEER, contact = `<sip:agent@${B1}>`, untagged = false, rewrite = (text: string) => text } = script
  const { network } = harness
  network.deliver(from, requestText({ via: `SIP/2.0/UDP ${from};branch=z9hG4bK-first`, ...script.invite }))
  const invite = harness.sentTo(B1).find((text) => methodOf(text) === 'INVITE') ?? ''
  const answer = responseText(invite, 200, { extra: [`Contact: ${contact}`] })
  network.deliver(B1, rewrite(untagged ? answer.replace(';tag=backend', '') : answer))
  const ok = harness.sentTo(from).find((text) => statusOf(text) === 200) ?? ''
  const callerRoutes = headerOf(ok, 'Record-Route').reverse()
  const backendRoutes = headerOf(invite, 'Record-Route')
  const caller = headerOf(invite, 'From')[0] ?? ''
  const callee = headerOf(ok, 'To')[0] ?? ''
  const deliver = (side: RequestText, at: string): SentPacket[] => {
    const before = network.sent.length
    network.deliver(at, requestText({ via: `SIP/2.0/UDP ${at};branch=z9hG4bK-in-${++branches}`, ...side }))
    return network.sent.slice(before)
  }
  const uri = contact.replace(/^.*<|>.*$/g, '')
  return {
    harness,
    invite,
    ok,
    callerRoutes,
    backendRoutes,
    fromCaller: (change, at = from) =>
      deliver(
        { method: 'INFO', cseq: 2, uri, from: caller, to: callee, extra: routeLines(callerRoutes), ...change },
        at,
      ),
    fromBackend: (change, at = B1) =>
      deliver(
        {
          ...{ method: 'INFO', cseq: 9, uri: 'sip:+15559876543@198.51.100.7:5060', from: callee, to: caller },
          ...{ contact: `<sip:agent@${B1}>`, extra: routeLines(backendRoutes), ...change },
        },
        at,
      ),
  }
}

/** Packets as `ADDRESS METHOD` or `ADDRESS STATUS`. */
export function went(packets: readonly SentPacket[]): string[] {
  return packets.map(({ to, text }) => `${to} ${statusOf(text) || methodOf(text)}`)
}
