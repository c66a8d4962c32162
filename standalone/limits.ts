/** Names of objects in one line about a change: enough to see what was meant, and the line stays one. */
export const MAX_CHANGED_NAMES = 20
