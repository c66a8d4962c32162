/**
 * RFC 5393 §4: failover is forking, so loops MUST be detected. The second part of our branch parameter is a hash of everything
 * that the decision reads. A request that comes back with the same hash in a Via of ours is a loop: it would be decided in the
 * same way again, without end.
 */

import type { Random } from '../../time/random.ts'
import { HEADER } from '../message/header-name.ts'
import { splitList } from '../message/name-addr.ts'
import type { SipMessage } from '../message/sip-message.ts'
import { parseVia } from '../message/via.ts'
import type { Application } from '../port/application.ts'
import { TextHash } from './text-hash.ts'

/** RFC 3261 §8.1.1.7: the magic cookie. The rest marks a branch parameter that this software has made, in any pod. */
const BRANCH_PREFIX = 'z9hG4bKsd'

/**
 * Added to the hash of a request that is handed to another pod. The other pod treats the request in another way than this pod
 * did, so it must not take the request for a loop.
 */
const TO_POD = 'to-pod'

/**
 * The values, in addition to the request, from which a branch parameter is made. The headers in `headersRead` are part of the
 * hash, and `random` makes the parameter unique.
 */
export interface BranchMaking {
  readonly random: Random
  readonly application: Pick<Application, 'headersRead'>
}

/**
 * A new branch parameter for a request that is forwarded. `toPod`: the request is handed to another pod of ours without changes.
 */
export function branchOf(core: BranchMaking, message: SipMessage, toPod = false): string {
  const hash = loopHash(message, core.application.headersRead(), toPod)
  return `${BRANCH_PREFIX}.${core.random.token()}.${hash}`
}

/** Whether another pod of ours has handed this very request over. If so, it is not handed over again. */
export function isFromPod(core: Pick<BranchMaking, 'application'>, message: SipMessage): boolean {
  const row = message.first(HEADER.via)
  if (row === -1 || !message.value(row).includes(BRANCH_PREFIX)) return false
  const branch = parseVia(splitList(message.value(row))[0] ?? '')?.branch
  return branch?.endsWith(`.${loopHash(message, core.application.headersRead(), true)}`) ?? false
}

/** §4.2.2: the method is not part of the hash, so that a CANCEL or ACK has the branch parameter of its INVITE. */
function loopHash(message: SipMessage, headersRead: readonly string[], toPod = false): string {
  const hash = new TextHash()
  if (toPod) hash.add(TO_POD)
  hash.add(message.requestUri())
  for (const id of [
    HEADER.route,
    HEADER.from,
    HEADER.to,
    HEADER.callId,
    HEADER.cseq,
    HEADER.assertedIdentity,
    HEADER.proxyRequire,
  ]) {
    for (let row = message.first(id); row !== -1; row = message.next(id, row)) {
      hash.add(id === HEADER.cseq ? (message.value(row).split(/\s/, 1)[0] ?? '') : message.value(row))
    }
  }
  for (const name of headersRead) for (const value of message.values(name)) hash.add(value)
  return hash.text()
}

/**
 * Whether a Via shows that a pod of ours has forwarded this very request before. The hash is made only if one of the Vias is
 * ours.
 */
export function isLoop(message: SipMessage, headersRead: readonly string[]): boolean {
  let expected: string | undefined
  for (let row = message.first(HEADER.via); row !== -1; row = message.next(HEADER.via, row)) {
    const text = message.value(row)
    if (!text.includes(BRANCH_PREFIX)) continue
    for (const value of splitList(text)) {
      const branch = parseVia(value)?.branch
      if (!branch?.startsWith(`${BRANCH_PREFIX}.`)) continue
      expected ??= loopHash(message, headersRead)
      if (branch.endsWith(`.${expected}`)) return true
    }
  }
  return false
}
