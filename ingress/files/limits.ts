/** Limits of keys in files. */

/**
 * Number of different bytes that a key must have. 32 random bytes have about 30 different values, and 32 hexadecimal digits
 * have about 14. A key with fewer than six was made by hand.
 */
export const MIN_DISTINCT_KEY_BYTES = 6

/**
 * Bytes of the shortest cookie key. A cookie shows 96 bits of its MAC (docs/decisions/0007). A forger can guess these 96
 * bits, or guess the key. A key of 128 bits is harder to guess than 96 bits.
 */
export const MIN_COOKIE_KEY_BYTES = 16

/**
 * Bytes of each key that the pods of an installation share. A sealing key is a key of AES-256, which has this size. The
 * other shared keys have the same size.
 */
export const SHARED_KEY_BYTES = 32

/** Bytes of the largest key file. A larger file is something else, such as a certificate. */
export const MAX_KEY_BYTES = 1_024
