/**
 * The most index keys of one rule. A rule with many called and many calling numbers has one key for every pair of them. If a
 * rule has more keys, it is not examined as a rule that shadows others. Another rule may then lack the condition `Shadowed`.
 * The decisions about calls do not change.
 */
export const MAX_SHADOW_KEYS = 4096

/**
 * The most rules under one index key that are fully compared with a later rule. With this limit, the time grows only in
 * proportion to the number of rules.
 */
export const MAX_SHADOW_CANDIDATES = 64

/**
 * Shadows say which rules are shadowed, and by which earlier rule. If at most this many rules have changed or lost the rule
 * that shadowed them, a compilation corrects the previous shadows. For each of these rules it walks over all rules: some 10 ms
 * for 100,000 rules. Computing all shadows again takes some 300 ms.
 */
export const MAX_SHADOW_CHANGES = 16

/**
 * At most this many rules may be new, changed or removed since the previous compilation; a changed rule counts twice. If there
 * are more, all shadows are computed again. The number is large, because a rule is recognized quickly if only its action has
 * changed.
 */
export const MAX_SEQUENCE_CHANGES = 4096

/**
 * Seconds after which a call no longer counts, if its limit does not say it: four hours. Nearly every call is shorter, and a
 * call whose end was never seen takes a place for at most so long.
 */
export const DEFAULT_CALL_SECONDS = 14_400
