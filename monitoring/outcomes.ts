/** Matchers of outcomes, for dashboards and alerts alike. */
import type { Outcome } from '../ingress/call/call-events.ts'

/**
 * - `refused`: the call of a known caller did not reach the place to which a rule should have sent it. Calls that a rule rejects
 *   or redirects are not counted, because the rule wants that.
 * - `stranger`: the caller is not known.
 * - `limited`: the call of a known caller was too much: for a limit of its trunk or rule, as their owner wants, or for the process,
 *   which had no time to look up a trunk. Both have an alert of their own.
 * - `waited`: the answer waited for a backend; all others come at once, from memory.
 */
type Meaning = 'refused' | 'limited' | 'stranger' | 'waited'

const MEANINGS: Readonly<Record<Outcome, readonly Meaning[]>> = {
  forwarded: ['waited'],
  no_rule: ['refused'],
  auth_drop: ['stranger'],
  rejected: [],
  redirected: [],
  no_backend: ['refused', 'waited'],
  rules_unavailable: ['refused'],
  malformed: ['refused'],
  draining: ['refused'],
  cancelled: ['waited'],
  over_limit: ['limited'],
}

function outcomesThat(...meant: readonly Meaning[]): string {
  return Object.entries(MEANINGS)
    .filter(([, meanings]) => meanings.some((meaning) => meant.includes(meaning)))
    .map(([outcome]) => outcome)
    .join('|')
}

/** Calls of known callers that did not reach the place to which a rule should have sent them. */
export const REFUSED = `outcome=~"${outcomesThat('refused')}"`

/** The same, and calls that were too much for a limit or for the process. */
export const REFUSED_OR_LIMITED = `outcome=~"${outcomesThat('refused', 'limited')}"`

/** All calls except those of strangers. */
export const ADMITTED = `outcome!="${outcomesThat('stranger')}"`

/** Calls that the ingress answers itself, from memory. These answers must come at once. */
export const IMMEDIATE = `outcome!~"${outcomesThat('waited')}"`
