/** The fields of a call's log line as JSON. A call's line is written often, so it is put together from its known fields. */
import { hostText } from '../address/ip-address.ts'
import type { CallDecided, CallSource } from '../call/call-events.ts'
import { judgedSourceText } from '../lookup/judged-source.ts'
import { redactedText } from '../text/redacted-text.ts'
import { attemptsJson, clip, milliseconds } from './attempt-fields.ts'
import { jsonText } from './json-text.ts'

/** The members of a JSON object, without its braces. A member that does not apply to the call is left out. */
export function callMembers(call: CallDecided): string {
  const { noRuleReason, overLimitReason } = call
  const decision = `"decisionId":${jsonText(call.decisionId)},"callId":${jsonText(clip(call.callId))},`
  const route = `,"trunk":${jsonText(call.trunk)},"rule":${jsonText(call.rule)}`
  const end = `,"outcome":"${call.outcome}","status":${call.status},"reason":${jsonText(withoutCredentials(clip(call.reason)))}`
  const why = noRuleReason === undefined ? '' : `,"noRuleReason":"${noRuleReason}"`
  const limit = overLimitReason === undefined ? '' : `,"overLimitReason":"${overLimitReason}"`
  const numbers = `,"called":${jsonText(clip(call.called))},"calling":${jsonText(clip(call.calling))}`
  const backend = `,"backend":${jsonText(call.backend)}${attemptsJson(call)}`
  const decisionMs = milliseconds(call.decidedAt - call.receivedAt)
  const totalMs = milliseconds(call.endedAt - call.receivedAt)
  const times = `,"decisionMs":${decisionMs},"totalMs":${totalMs}`
  return `${decision}${sourceMembers(call.source)}${route}${end}${why}${limit}${numbers}${backend}${times}`
}

/**
 * The fields for the source of a packet. If a proxy sent the packet, the caller is somebody else. So the fields also
 * contain the source that was judged.
 */
export function sourceFields({ address, port, transport, judged }: CallSource) {
  const source = `${hostText(address)}:${port}`
  return judged === undefined ? { source, transport } : { source, transport, judgedSource: judgedSourceText(judged) }
}

/** The fields that `sourceFields` returns, as members of a JSON object. */
function sourceMembers({ address, port, transport, judged }: CallSource): string {
  const source = `"source":"${hostText(address)}:${port}","transport":"${transport}"`
  return judged === undefined ? source : `${source},"judgedSource":${jsonText(judgedSourceText(judged))}`
}

/**
 * Removes digest credentials from a text. Whoever reads a digest response and its nonce can test as many passwords as they
 * want against them (RFC 7616 §3.4).
 */
export function withoutCredentials(text: string): string {
  return redactedText(text.replace(/\bDigest\s.*/is, 'Digest [redacted]'))
}
