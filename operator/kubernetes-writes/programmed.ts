/**
 * When the condition `Programmed` of an object is True. Pure. `operator/reconcile/object-progress.ts` brings the facts, and
 * `status-writer.ts` writes the condition.
 */
import type { Condition } from '../../crds/schema/conditions.ts'
import { PROGRAMMED_SHARE } from './limits.ts'

/** The facts that decide whether one generation of an object is programmed. */
export interface ProgrammedInput {
  /** Whether the compiler has put this generation into the table. */
  readonly inTable: boolean
  /** The first published version that contains this generation. Undefined before its publication. */
  readonly version: number | undefined
  /**
   * The result of the last attempt to publish. `held`: this generation should be removed from the table, but the guard holds the
   * removal.
   */
  readonly publication: 'done' | 'failed' | 'held'
  /** The result of `versionOfMostReaders`. */
  readonly readersVersion: number | undefined
  /** Whether the condition is already True for this generation. */
  readonly programmed: boolean
}

type ProgrammedReason = Condition<'Programmed'>['reason']

/**
 * The highest version that at least 99 % of the live ingress pods have reached. Undefined if there are no pods. Versions rise
 * over all epochs, so a pod that runs a version also has the changes of all earlier versions.
 */
export function versionOfMostReaders(versions: Iterable<number>): number | undefined {
  const descending = [...versions].sort((a, b) => b - a)
  // The product has a tiny rounding error. Without the correction, the result could require one pod too many.
  return descending[Math.ceil(descending.length * PROGRAMMED_SHARE - ROUNDING) - 1]
}

/** The correction of the rounding error. It is far smaller than one pod. */
const ROUNDING = 1e-6

/**
 * The condition Programmed: whether the pods run this generation. When the condition is True, it stays True if pods come and go:
 * a pod never returns to an older version, and a new pod starts with the newest one. The message has no number of pods. In this
 * way a status is written only when the condition changes, and not at each step of a rollout.
 */
export function programmedCondition(input: ProgrammedInput): Condition<'Programmed'> {
  const reason = reasonOf(input)
  const status = reason === 'Programmed' ? 'True' : 'False'
  return { type: 'Programmed', status, reason, message: MESSAGES[reason] }
}

function reasonOf({ inTable, version, publication, readersVersion, programmed }: ProgrammedInput): ProgrammedReason {
  // While the removal of an object is held, the object stays in the table and still takes calls.
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
