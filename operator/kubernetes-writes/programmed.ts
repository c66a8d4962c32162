import type { Condition } from '../../crds/schema/conditions.ts'
import { PROGRAMMED_SHARE } from './limits.ts'

/** What decides whether one generation of an object is programmed. */
export interface ProgrammedInput {
  /** The compiler has put this generation into the table. */
  readonly inTable: boolean
  /** The first published version that has it; undefined while none has. */
  readonly version: number | undefined
  /** What became of the last attempt to publish; `held`: this generation leaves the table, and is kept in it for now. */
  readonly publication: 'done' | 'failed' | 'held'
  /** `versionOfMostReaders`. */
  readonly readersVersion: number | undefined
  /** The condition is True for this generation already. */
  readonly programmed: boolean
}

type ProgrammedReason = Condition<'Programmed'>['reason']

/**
 * The highest version that at least 99 % of the live ingress pods have reached; undefined without any. Versions rise
 * over all epochs, so a pod that runs a version has everything of the versions before.
 */
export function versionOfMostReaders(versions: Iterable<number>): number | undefined {
  const descending = [...versions].sort((a, b) => b - a)
  // Products of fractions are off by a trifle, which must not ask for one pod more.
  return descending[Math.ceil(descending.length * PROGRAMMED_SHARE - ROUNDING) - 1]
}

/** Far less than one pod. */
const ROUNDING = 1e-6

/**
 * Whether the pods run this generation. Once they do it stays so, whatever pods come and go: a pod never goes back to an
 * older version, and a new one starts with the newest. The text says nothing that changes from pod to pod, so that a
 * status is written when the condition changes and not at each step of a rollout.
 */
export function programmedCondition(input: ProgrammedInput): Condition<'Programmed'> {
  const reason = reasonOf(input)
  const status = reason === 'Programmed' ? 'True' : 'False'
  return { type: 'Programmed', status, reason, message: MESSAGES[reason] }
}

function reasonOf({ inTable, version, publication, readersVersion, programmed }: ProgrammedInput): ProgrammedReason {
  // What an object has left in the table still takes calls.
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
