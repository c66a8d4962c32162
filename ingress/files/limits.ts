/**
 * Different bytes that a key must have. Of 32 random bytes 30 differ, of 32 hexadecimal digits 14; fewer than six come about
 * by hand.
 */
export const MIN_DISTINCT_KEY_BYTES = 6
