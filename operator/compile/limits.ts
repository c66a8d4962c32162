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
 * If at most this many rules have a changed match, a compilation corrects the shadows of the previous compilation. For each
 * changed rule it walks over all rules, which takes some 10 ms for 100,000 rules. Computing all shadows again takes some 300
 * ms.
 */
export const MAX_SHADOW_CHANGES = 16

/**
 * If more rules than this differ in any field, a compilation computes all shadows again. The number is large, because rules
 * that differ only in their action are recognized quickly.
 */
export const MAX_SEQUENCE_CHANGES = 4096
