import { createHash } from 'node:crypto'

/** A key as strong as a random one; the same name gives the same key. */
export function strongKey(name: string, bytes = 32): Buffer {
  return createHash('shake256', { outputLength: bytes }).update(name).digest()
}
