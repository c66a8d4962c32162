/** Matchers of outcomes, for dashboards and alerts alike. */

/** A known caller did not get where a rule should have sent the call. Reject and Redirect are what a rule wants. */
export const REFUSED = 'outcome=~"no_rule|no_backend|rules_unavailable|malformed|draining"'

/** Everyone but strangers. */
export const ADMITTED = 'outcome!="auth_drop"'

/** Answered by the ingress itself, from memory: what has to be there at once. */
export const IMMEDIATE = 'outcome!~"forwarded|no_backend|cancelled"'
