import type { Answer } from '../port/engine.ts'
import type { HandedRequest, OutgoingResponse } from './drachtio-library.ts'
import { clean } from './relayed-headers.ts'

/** Our own answer in the form that the server needs. RFC 3261 §20.43: the name in a Warning is a host or a pseudonym. */
export function ownAnswer({ receivedOn }: Pick<HandedRequest, 'receivedOn'>, answer: Answer): OutgoingResponse {
  const { status, warning, warningCode = 399, headers = [] } = answer
  const agent = /^[^:]+:\d+$/.test(receivedOn) ? receivedOn : 'sip-dispatch'
  const why = warning === undefined ? [] : [{ name: 'Warning', value: `${warningCode} ${agent} "${warning}"` }]
  const { value: reason } = clean({ name: 'reason', value: answer.reason })
  return { status, reason, headers: [...why, ...headers].map(clean), body: '' }
}
