/**
 * Decides when the condition `Programmed` of an object is True. `operator/reconcile/object-progress.ts` collects the facts, and
 * `status-writer.ts` writes the condition.
 */
import type { Condition } from '../../crds/schema/conditions.ts'
import { PROGRAMMED_SHARE } from './limits.ts'

/** The facts that decide whether one generation of an object is programmed. */
export interface ProgrammedInput {
  /** Whether the compiler has put this generation into the table. */
  readonly inTable: boolean
  /** The first published version that contains this generation. Undefined before this generation is published. */
  readonly version: number | undefined
  /** How the last attempt to publish ended. `held`: the guard holds the change that would remove the object from the table. */
  readonly publication: 'done' | 'failed' | 'held'
  /** The result of `versionOfMostReaders`. */
  readonly readersVersion: number | undefined
  /** Whether the condition is already True for this generation. */
  readonly programmed: boolean
}

type ProgrammedReason = Condition<'Programmed'>['reason']

/**
 * The highest version that at least 99 % of the live ingress pods have reached. Undefined if there are no pods. Versions also
 * rise from one epoch to the next. So a pod with a version has the changes of all earlier versions too.
 */
export function versionOfMostReaders(versions: Iterable<number>): number | undefined {
  const descending = [...versions].sort((a, b) => b - a)
  // The product has a tiny rounding error. Without the correction, the result could demand one pod too many.
  return descending[Math.ceil(descending.length * PROGRAMMED_SHARE - ROUNDING) - 1]
}

/** The correction of the rounding error. It is far smaller than one pod. */
const ROUNDING = 1e-6

/**
 * The condition Programmed says whether the pods run this generation. Once True, it stays True: a pod never returns to an older
 * version, and a new pod starts with the newest one. The message does not count the pods. Otherwise every step of a rollout
 * would write a status.
 */
export function programmedCondition(input: ProgrammedInput): Condition<'Programmed'> {
  const reason = reasonOf(input)
  const status = reason === 'Programmed' ? 'True' : 'False'
  return { type: 'Programmed', status, reason, message: MESSAGES[reason] }
}

function reasonOf({ inTable, version, publication, readersVersion, programmed }: ProgrammedInput): ProgrammedReason {
  // The removal of the object is held, so the object stays in the table and still takes calls.
  if (publication === 'held') return 'Held'
  if (!inTable) return 'NotAccepted'
  if (programmed) return 'Programmed'
  if (version === undefined) return publication === 'failed' ? 'PublishFailed' : 'Pending'
  if (readersVersion === undefined) return 'NoReaders'
  return version <= readersVersion ? 'Programmed' : 'Pending'
}

const MESSAGES: Readonly<Record<ProgrammedReason, string>> = {
  Programmed: 'At least 99 % of the ingress pods run this generation.',
  Pending: 'Less than 99 % of the ingress pods run this generation yet.',
  NoReaders:
    'This generation is published, but no ingress pod reports to the rules cache: check that pods run and reach it.',
  NotAccepted: 'This generation is not in the rule table: see the condition Accepted.',
  PublishFailed:
    'The rules cache cannot be written, and the ingress pods keep the last good table: check the cache and the log of the operator.',
  Held: 'A change that removes most of the rule table at once is held: allow it, or restore what was deleted.',
}
