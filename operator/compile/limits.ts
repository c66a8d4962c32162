/**
 * Index keys of one rule. A rule with many called and many calling numbers has their product; beyond this bound it is
 * not looked at as one that shadows others, which leaves a condition out but changes no call.
 */
export const MAX_SHADOW_KEYS = 4096

/** Rules under one index key that are compared in full with a later rule: keeps the work linear in the rules. */
export const MAX_SHADOW_CANDIDATES = 64
