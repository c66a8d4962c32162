import { MIN_DISTINCT_KEY_BYTES } from './limits.ts'

/** Matches a text in which a person could have typed every byte. */
const TEXT = /^[\t\n\r -~]*$/

/**
 * Says what is wrong with a key, in words that follow `it `. Undefined if the key may be random. A random key of 16 bytes
 * or more, whether binary, hexadecimal or base64, is refused only once in millions of millions of keys.
 */
export function keyFault(key: Uint8Array, minBytes: number): string | undefined {
  if (key.length < minBytes) return `has only ${key.length} bytes: a key has ${minBytes} or more`
  const text = Buffer.from(key).toString('latin1')
  if (text.trim() === '') return 'holds nothing but blanks'
  // Line breaks around a text do not make it harder to guess, so they are not counted. In a binary key, the same bytes are
  // counted like all others.
  if (TEXT.test(text) && text.trim().length < minBytes)
    return `has only ${text.trim().length} bytes besides blanks: a key has ${minBytes} or more`
  const bytes = TEXT.test(text) ? Buffer.from(text.trim(), 'latin1') : key
  const distinct = new Set(bytes).size
  if (distinct < MIN_DISTINCT_KEY_BYTES)
    return `consists of ${distinct === 1 ? 'one byte' : `${distinct} different bytes`} only: draw it at random`
  if (isProgression(bytes)) return 'counts from byte to byte: draw it at random'
  return isRepetition(bytes) ? 'repeats a shorter text: draw it at random' : undefined
}

/** Whether each byte differs from the byte before by the same number, as in 0, 1, 2. Keys in examples often look like this. */
function isProgression(bytes: Uint8Array): boolean {
  const step = ((bytes[1] ?? 0) - (bytes[0] ?? 0)) & 255
  return bytes.every((byte, at) => at === 0 || ((byte - (bytes[at - 1] ?? 0)) & 255) === step)
}

function isRepetition(bytes: Uint8Array): boolean {
  for (let period = 1; period <= bytes.length / 2; period++) {
    if (bytes.every((byte, at) => at < period || byte === bytes[at - period])) return true
  }
  return false
}
