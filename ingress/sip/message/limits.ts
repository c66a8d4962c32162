/** Sizes that decide how message bytes are written. */

/** Bytes of memory with which a writer begins. Most responses are shorter; for a longer one, the memory grows once. */
export const WRITER_BYTES = 4096

/** Bytes up to which a loop writes a text or a range. For more bytes, one call of `Buffer.write` or `Buffer.copy` is faster. */
export const COPIED_BY_LOOP_BYTES = 32
