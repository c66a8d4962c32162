/**
 * Index keys of one rule. A rule with many called and many calling numbers has their product; beyond this bound it is
 * not looked at as one that shadows others: a `Shadowed` may be missing, but no call changes.
 */
export const MAX_SHADOW_KEYS = 4096

/** Rules under one index key that are compared in full with a later rule: keeps the work linear in the rules. */
export const MAX_SHADOW_CANDIDATES = 64

/**
 * Rules whose matches may differ between two compilations for the second to start from the shadows of the first. Each
 * costs a walk over all rules, some 10 ms at 100,000; asking for all of them again costs some 300 ms.
 */
export const MAX_SHADOW_CHANGES = 16

/** Rules that may differ at all, for the same: to see that a change is in the action only costs little. */
export const MAX_SEQUENCE_CHANGES = 4096
