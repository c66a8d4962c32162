/**
 * Bounds of keys in files.
 */

/**
 * Different bytes that a key must have. Of 32 random bytes 30 are different, of 32 hexadecimal digits 14; a key with fewer than
 * six was made by hand.
 */
export const MIN_DISTINCT_KEY_BYTES = 6

/**
 * Bytes. A cookie shows 96 bits of its MAC (docs/decisions/0007), which is what a forger has to guess: with 128 bits the key
 * is never the easier guess.
 */
export const MIN_COOKIE_KEY_BYTES = 16

/** Bytes of each key that the pods of an installation share: a sealing key is one of AES-256, and all of them have one size. */
export const SHARED_KEY_BYTES = 32

/** Bytes: more than this is another kind of file, such as a certificate. */
export const MAX_KEY_BYTES = 1_024
