/**
 * Different bytes that a key must have. Of 32 random bytes 30 are different, of 32 hexadecimal digits 14; a key with fewer than
 * six was made by hand.
 */
export const MIN_DISTINCT_KEY_BYTES = 6
