/** Matchers of outcomes, for dashboards and alerts alike. */
import type { Outcome } from '../ingress/call/call-events.ts'

/**
 * - `refused`: a known caller did not get where a rule should have sent the call. Reject and Redirect are what a rule wants.
 * - `stranger`: the caller is not known.
 * - `waited`: the answer waited for a backend; all others come at once, from memory.
 */
type Meaning = 'refused' | 'stranger' | 'waited'

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
}

function outcomesThat(meaning: Meaning): string {
  return Object.entries(MEANINGS)
    .filter(([, meanings]) => meanings.includes(meaning))
    .map(([outcome]) => outcome)
    .join('|')
}

/** A known caller did not get where a rule should have sent the call. */
export const REFUSED = `outcome=~"${outcomesThat('refused')}"`

/** Everyone but strangers. */
export const ADMITTED = `outcome!="${outcomesThat('stranger')}"`

/** Answered by the ingress itself, from memory: what has to be there at once. */
export const IMMEDIATE = `outcome!~"${outcomesThat('waited')}"`
