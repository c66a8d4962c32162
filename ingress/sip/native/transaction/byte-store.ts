import { KEPT_RESPONSE_BYTES } from '../../limits.ts'

/** Slots in one block of memory. Memory is taken for a whole block at once. A power of two. */
const BLOCK_SLOTS = 1024
const BLOCK_SHIFT = 10

/**
 * Keeps the bytes of messages for seconds. Each message gets a number above 0, its place, by which it is read and released. Most
 * messages are in blocks of memory that are used again and again, so there is nothing that a garbage collector must look at. The
 * memory does not shrink.
 */
export class ByteStore {
  readonly #blocks: Buffer[] = []
  /** The length of the message at each place. */
  readonly #lengths: number[] = [0]
  /** Messages that are longer than a slot. The key of the map is the place. */
  readonly #long = new Map<number, Buffer>()
  readonly #freePlaces: number[] = []

  /** The number of messages. */
  get size(): number {
    return this.#lengths.length - 1 - this.#freePlaces.length
  }

  /** Keeps a copy of the bytes and returns its place. */
  keep(bytes: Uint8Array): number {
    const place = this.#freePlaces.pop() ?? this.#newPlace()
    this.#lengths[place] = bytes.length
    if (bytes.length > KEPT_RESPONSE_BYTES) this.#long.set(place, Buffer.from(bytes))
    else this.#blocks[place >>> BLOCK_SHIFT]?.set(bytes, startInBlock(place))
    return place
  }

  /** A copy of the bytes at a place that was not released. */
  read(place: number): Buffer {
    const start = startInBlock(place)
    const bytes =
      this.#long.get(place) ?? this.#blocks[place >>> BLOCK_SHIFT]?.subarray(start, start + (this.#lengths[place] ?? 0))
    return Buffer.from(bytes ?? [])
  }

  /** Gives the place to another message. It must not be read or released again. */
  release(place: number): void {
    this.#long.delete(place)
    this.#freePlaces.push(place)
  }

  #newPlace(): number {
    const place = this.#lengths.length
    const block = place >>> BLOCK_SHIFT
    this.#blocks[block] ??= Buffer.allocUnsafeSlow(BLOCK_SLOTS * KEPT_RESPONSE_BYTES)
    return place
  }
}

function startInBlock(place: number): number {
  return (place & (BLOCK_SLOTS - 1)) * KEPT_RESPONSE_BYTES
}
