import { createHash } from 'node:crypto'

/** A key as good as a random one, the same for the same name. */
export function strongKey(name: string, bytes = 32): Buffer {
  return createHash('shake256', { outputLength: bytes }).update(name).digest()
}
