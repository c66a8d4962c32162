/**
 * RFC 5393 §4: failover is a kind of forking, so loops MUST be detected. The last part of our branch parameter is a hash of
 * everything that the decision reads. If a request comes back and a Via of ours has the same hash, it is a loop: the request
 * would be decided in the same way again, without end.
 */

import type { Random } from '../../time/random.ts'
import { isLws, LF, NO_BYTES } from '../message/byte-class.ts'
import { ByteWriter } from '../message/byte-writer.ts'
import { HEADER } from '../message/header-name.ts'
import { bytesAre } from '../message/method-name.ts'
import { splitList } from '../message/name-addr.ts'
import type { SipMessage } from '../message/sip-message.ts'
import { parseVia } from '../message/via.ts'
import type { Application } from '../port/application.ts'
import { TextHash } from './text-hash.ts'

/**
 * RFC 3261 §8.1.1.7: the magic cookie is `z9hG4bK`. The letters after it mark a branch parameter that one of our pods has made.
 */
const BRANCH_PREFIX = 'z9hG4bKsd'
const BRANCH_START = `${BRANCH_PREFIX}.`

/** A branch parameter is written at once, so all share this writer. */
const writer = new ByteWriter()

/**
 * Added to the hash of a request that is sent to another pod of ours. That pod sees the same request and must not take it for a
 * loop, because it handles the request in another way than this pod.
 */
const TO_POD = 'to-pod'

/** The headers that are part of every hash (RFC 5393 §4.2.2). */
const HASHED_HEADERS = [
  HEADER.route,
  HEADER.from,
  HEADER.to,
  HEADER.callId,
  HEADER.cseq,
  HEADER.assertedIdentity,
  HEADER.proxyRequire,
]

/**
 * What is needed to make a branch parameter, beside the request. The headers in `headersRead` are part of the hash. `random`
 * makes the parameter unique.
 */
export interface BranchMaking {
  readonly random: Random
  readonly application: Pick<Application, 'headersRead'>
}

/**
 * Makes a new branch parameter for a request that is forwarded. `toPod`: the request goes to another pod of ours without
 * changes.
 */
export function branchOf(core: BranchMaking, message: SipMessage, toPod = false): string {
  const hash = loopHash(message, core.application.headersRead(), toPod)
  // Joined strings would be pieces that must be joined again for each use.
  writer.begin(NO_BYTES, 0)
  writer.text(BRANCH_START)
  writer.text(core.random.token())
  writer.text('.')
  writer.text(hash)
  return writer.finishText()
}

/** Whether another pod of ours has sent exactly this request here. Such a request is not sent to a pod again. */
export function isFromPod(core: Pick<BranchMaking, 'application'>, message: SipMessage): boolean {
  const row = message.first(HEADER.via)
  if (row === -1 || !hasBranchOfPod(message, row)) return false
  const branch = parseVia(splitList(message.value(row))[0] ?? '')?.branch
  return branch?.endsWith(`.${loopHash(message, core.application.headersRead(), true)}`) ?? false
}

/** Whether a Via line contains a branch parameter that one of our pods has made. Most lines do not, so no string is made. */
function hasBranchOfPod(message: SipMessage, row: number): boolean {
  const { bytes } = message
  const last = message.valueEnd(row) - BRANCH_PREFIX.length
  for (let at = message.valueStart(row); at <= last; at++) if (bytesAre(bytes, at, BRANCH_PREFIX)) return true
  return false
}

/** RFC 5393 §4.2.2: the method is not part of the hash, so that a CANCEL or ACK can have the branch parameter of its INVITE. */
function loopHash(message: SipMessage, headersRead: readonly string[], toPod = false): string {
  const hash = new TextHash()
  if (toPod) hash.add(TO_POD)
  hash.addBytes(message.bytes, message.uriStart, message.uriEnd)
  for (const id of HASHED_HEADERS) {
    for (let row = message.first(id); row !== -1; row = message.next(id, row)) addValue(hash, message, row)
  }
  for (const name of headersRead) for (const value of message.values(name)) hash.add(value)
  return hash.text()
}

/** Adds the value of a header; of CSeq, only the number. A value with a fold is read as text: a fold counts as one space. */
function addValue(hash: TextHash, message: SipMessage, row: number): void {
  const { bytes } = message
  const start = message.valueStart(row)
  let end = message.valueEnd(row)
  let at = start
  if (message.id(row) === HEADER.cseq) {
    while (at < end && !isLws(bytes[at])) at++
    end = at
  }
  while (at < end && bytes[at] !== LF) at++
  if (at < end) hash.add(message.value(row))
  else hash.addBytes(bytes, start, end)
}

/** Whether a pod of ours has forwarded exactly this request before, as a Via shows. The hash is made only if a Via is ours. */
export function isLoop(message: SipMessage, headersRead: readonly string[]): boolean {
  let expected: string | undefined
  for (let row = message.first(HEADER.via); row !== -1; row = message.next(HEADER.via, row)) {
    if (!hasBranchOfPod(message, row)) continue
    for (const value of splitList(message.value(row))) {
      const branch = parseVia(value)?.branch
      if (!branch?.startsWith(BRANCH_START)) continue
      expected ??= loopHash(message, headersRead)
      if (branch.endsWith(`.${expected}`)) return true
    }
  }
  return false
}
