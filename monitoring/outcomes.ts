/** Matchers of outcomes, for dashboards and alerts alike. */

/**
 * The call of a known caller did not reach the place to which a rule should have sent it. Calls that a rule rejects or
 * redirects are not counted, because the rule wants that.
 */
export const REFUSED = 'outcome=~"no_rule|no_backend|rules_unavailable|malformed|draining"'

/** All calls except those of strangers. */
export const ADMITTED = 'outcome!="auth_drop"'

/** Calls that the ingress answers itself, from memory. These answers must come at once. */
export const IMMEDIATE = 'outcome!~"forwarded|no_backend|cancelled"'
