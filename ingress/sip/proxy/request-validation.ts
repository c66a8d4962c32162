/** RFC 3261 §16.3: decides whether a request may be proxied. Pure: a refusal is a value. */

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

/** Why a request must not be proxied. Undefined if it may be proxied. */
export function refusalOf(
  message: SipMessage,
  facts: RequestFacts,
  headersRead: readonly string[],
  inDialog = facts.toTag !== undefined,
): Refusal | undefined {
  // §16.3 step 3: an OPTIONS that ends here MAY be answered instead. We answer it, because peers ping us with OPTIONS.
  const endsHere = message.method === 'OPTIONS' && !inDialog
  if (facts.maxForwards === 0 && !endsHere) return TOO_MANY_HOPS
  // §16.3 step 4, RFC 5393 §4.2.1
  if (isLoop(message, headersRead)) return LOOP_DETECTED
  return unknownExtension(message) ?? exhaustedBreadth(message) ?? repeatedCondition(message, facts, headersRead)
}

/**
 * §16.3 step 5: Proxy-Require lists extensions that a proxy must know to forward the request. We know no extension, because no
 * extension changes what we do. Require is for the user agent at the end, not for a proxy.
 */
function unknownExtension(message: SipMessage): Refusal | undefined {
  if (message.first(HEADER.proxyRequire) === -1) return undefined
  return badExtension(message.values('Proxy-Require').join(', '))
}

/**
 * RFC 3261 §7.3.1: if a header that may occur only once occurs twice, this is an error. We refuse the request if a rule reads the
 * header, because the rule could use one value and the backend the other. Inside a dialog no rule reads a header.
 */
function repeatedCondition(
  message: SipMessage,
  facts: RequestFacts,
  headersRead: readonly string[],
): Refusal | undefined {
  if (message.method !== 'INVITE' || facts.toTag !== undefined) return undefined
  const repeated = headersRead.some((name) => standsOnce(name) && message.values(name).length > 1)
  return repeated ? REPEATED_HEADER : undefined
}

/** RFC 5393 §5.3.3.1: with a Max-Breadth of 0 no branch may be made. */
function exhaustedBreadth(message: SipMessage): Refusal | undefined {
  return breadthOf(message) === 0 ? MAX_BREADTH_EXCEEDED : undefined
}

/** The Max-Breadth of a request. Undefined if it is absent or not a number. */
export function breadthOf(message: SipMessage): number | undefined {
  const row = message.first(HEADER.maxBreadth)
  if (row === -1) return undefined
  const text = message.value(row)
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
