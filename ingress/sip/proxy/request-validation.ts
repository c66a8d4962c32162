/** RFC 3261 §16.3: whether a request may be proxied at all. Pure: a refusal is a value. */

import { HEADER, standsOnce } from '../message/header-name.ts'
import type { RequestFacts } from '../message/request-facts.ts'
import type { SipMessage } from '../message/sip-message.ts'
import type { Answer } from '../port/engine.ts'
import { isLoop } from './loop-detection.ts'

/** Extensions that a proxy would have to know to forward the request: none changes what we do. */
export function refusalOf(
  message: SipMessage,
  facts: RequestFacts,
  headersRead: readonly string[],
  inDialog = facts.toTag !== undefined,
): Answer | undefined {
  // §16.3 step 3: an OPTIONS that ends here MAY be answered instead, and is: it is how peers ping us.
  const endsHere = message.method === 'OPTIONS' && !inDialog
  if (facts.maxForwards === 0 && !endsHere) return { status: 483, reason: 'Too Many Hops' }
  // §16.3 step 4, RFC 5393 §4.2.1
  if (isLoop(message, headersRead)) return { status: 482, reason: 'Loop Detected' }
  return unknownExtension(message) ?? exhaustedBreadth(message) ?? repeatedCondition(message, facts, headersRead)
}

/** §16.3 step 5: the 420 MUST list what is not understood. Require is for the user agent at the end, not for a proxy. */
function unknownExtension(message: SipMessage): Answer | undefined {
  if (message.first(HEADER.proxyRequire) === -1) return undefined
  const unsupported = message.values('Proxy-Require').join(', ')
  return { status: 420, reason: 'Bad Extension', headers: [{ name: 'Unsupported', value: unsupported }] }
}

/**
 * RFC 3261 §7.3.1: a header that may stand once and stands twice is an error. It is one for us where a rule reads it: the
 * rule could go by one value and the backend by the other. Inside a dialog no rule reads anything.
 */
function repeatedCondition(
  message: SipMessage,
  facts: RequestFacts,
  headersRead: readonly string[],
): Answer | undefined {
  if (message.method !== 'INVITE' || facts.toTag !== undefined) return undefined
  const repeated = headersRead.some((name) => standsOnce(name) && message.values(name).length > 1)
  return repeated ? { status: 400, reason: 'Repeated Header' } : undefined
}

/** RFC 5393 §5.3.3.1: no branch may be made at all. */
function exhaustedBreadth(message: SipMessage): Answer | undefined {
  return breadthOf(message) === 0 ? { status: 440, reason: 'Max-Breadth Exceeded' } : undefined
}

/** The Max-Breadth of a request; undefined where there is none or where it is not a number. */
export function breadthOf(message: SipMessage): number | undefined {
  const row = message.first(HEADER.maxBreadth)
  if (row === -1) return undefined
  const text = message.value(row)
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
