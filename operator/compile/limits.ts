/**
 * The most index keys of one rule. A rule with many called and many calling numbers has a key for every pair of them. A rule with
 * more keys is not checked as a rule that shadows others. The condition `Shadowed` of another rule may then be missing, but no
 * call changes.
 */
export const MAX_SHADOW_KEYS = 4096

/**
 * The most rules under one index key that are compared in full with a later rule. This limit keeps the work linear in the number
 * of rules.
 */
export const MAX_SHADOW_CANDIDATES = 64

/**
 * The most rules with a changed match for which a compilation reuses the shadows of the previous compilation. Each of these rules
 * costs a walk over all rules: some 10 ms for 100,000 rules. To compute all shadows again costs some 300 ms.
 */
export const MAX_SHADOW_CHANGES = 16

/**
 * If more rules than this differ in any way, a compilation does not reuse the shadows of the previous compilation. The number is
 * large, because it costs little to see that only the action of a rule has changed.
 */
export const MAX_SEQUENCE_CHANGES = 4096
