/** RFC 3261 §16.3: decides whether a request may be proxied. Pure: the result is a value, and nothing is sent. */

import { HEADER, standsOnce } from '../message/header-name.ts'
import type { RequestFacts } from '../message/request-facts.ts'
import type { SipMessage } from '../message/sip-message.ts'
import {
  badExtension,
  LOOP_DETECTED,
  MAX_BREADTH_EXCEEDED,
  REPEATED_HEADER,
  type Refusal,
  TOO_MANY_HOPS,
} from '../port/answers.ts'
import { isLoop } from './loop-detection.ts'

/** The reason for which a request must not be proxied. Undefined if it may be proxied. */
export function refusalOf(
  message: SipMessage,
  facts: RequestFacts,
  headersRead: readonly string[],
  inDialog = facts.toTag !== undefined,
): Refusal | undefined {
  // RFC 3261 §16.3 step 3: if Max-Forwards is 0, an OPTIONS MAY be answered here. Peers check with OPTIONS that we are alive,
  // so we answer it.
  const endsHere = message.method === 'OPTIONS' && !inDialog
  if (facts.maxForwards === 0 && !endsHere) return TOO_MANY_HOPS
  // RFC 3261 §16.3 step 4, RFC 5393 §4.2.1: a request that is in a loop MUST be refused with 482.
  if (isLoop(message, headersRead)) return LOOP_DETECTED
  return unknownExtension(message) ?? exhaustedBreadth(message) ?? repeatedCondition(message, facts, headersRead)
}

/**
 * RFC 3261 §16.3 step 5: a proxy must know every extension in Proxy-Require, else it refuses the request. We know none of them.
 * Require is not checked, because it is meant for the user agent at the other end.
 */
function unknownExtension(message: SipMessage): Refusal | undefined {
  if (message.first(HEADER.proxyRequire) === -1) return undefined
  return badExtension(message.values('Proxy-Require').join(', '))
}

/**
 * RFC 3261 §7.3.1: some headers may occur only once. If a rule reads such a header and it occurs twice, the request is refused:
 * the rule could use one value and the backend the other. Inside a dialog, no rule reads headers.
 */
function repeatedCondition(
  message: SipMessage,
  facts: RequestFacts,
  headersRead: readonly string[],
): Refusal | undefined {
  if (message.method !== 'INVITE' || facts.toTag !== undefined) return undefined
  for (const name of headersRead) if (standsOnce(name) && message.values(name).length > 1) return REPEATED_HEADER
  return undefined
}

/** RFC 5393 §5.3.3.1: if Max-Breadth is 0, no branch may be made. */
function exhaustedBreadth(message: SipMessage): Refusal | undefined {
  return breadthOf(message) === 0 ? MAX_BREADTH_EXCEEDED : undefined
}

/** The Max-Breadth of a request. Undefined if the header is absent or its value is not a number. */
export function breadthOf(message: SipMessage): number | undefined {
  const row = message.first(HEADER.maxBreadth)
  if (row === -1) return undefined
  const text = message.value(row)
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
