/** An item in an order: the item with the lower rank comes first. No two items of one list have the same rank. */
export interface Ranked {
  rank: number
}

/** At most this many items are in one chunk. So at most this many items move when an item is added. */
const CHUNK_ITEMS = 256

/**
 * Items in the order of their ranks, stored in chunks. To add or remove an item in a list of 100,000 costs as much as in a
 * list of a few hundred. Callers read the items from `chunks`. Every chunk has at least one item.
 */
export class RankedList<T extends Ranked> {
  readonly chunks: T[][] = []

  get first(): T | undefined {
    return this.chunks[0]?.[0]
  }

  /**
   * Adds an item at the place that `compare` decides, and returns its neighbours there. An item that is already in the list
   * is not added again. By default, ranks are compared.
   */
  add(item: T, compare: (a: T, b: T) => number = byRank): { before: T | undefined; after: T | undefined } {
    const c = this.#chunkFor(item, compare)
    const chunk = this.chunks[c]
    if (chunk === undefined) {
      this.chunks.push([item])
      return { before: undefined, after: undefined }
    }
    const i = placeIn(chunk, item, compare)
    const neighbours = {
      before: chunk[i - 1] ?? this.chunks[c - 1]?.at(-1),
      after: chunk[i] ?? this.chunks[c + 1]?.[0],
    }
    if (neighbours.after !== item) this.#insert(c, i, item)
    return neighbours
  }

  /** Removes an item, if it is in the list. */
  remove(item: T): void {
    const c = this.#chunkFor(item, byRank)
    const chunk = this.chunks[c]
    if (chunk === undefined) return
    const i = placeIn(chunk, item, byRank)
    if (chunk[i] !== item) return
    if (chunk.length === 1) this.chunks.splice(c, 1)
    else chunk.splice(i, 1)
  }

  #insert(c: number, i: number, item: T): void {
    const chunk = this.chunks[c] ?? []
    if (chunk.length < CHUNK_ITEMS) {
      chunk.splice(i, 0, item)
    } else if (i === chunk.length) {
      // The full chunk is not divided here. If items are added in order, every chunk then gets full.
      this.chunks.splice(c + 1, 0, [item])
    } else {
      this.chunks.splice(c + 1, 0, chunk.splice(CHUNK_ITEMS / 2))
      const half = this.chunks[i > CHUNK_ITEMS / 2 ? c + 1 : c] ?? []
      half.splice(i > CHUNK_ITEMS / 2 ? i - CHUNK_ITEMS / 2 : i, 0, item)
    }
  }

  /**
   * The index of the last chunk whose first item is the item or comes before it. If there is no such chunk, the first
   * chunk.
   */
  #chunkFor(item: T, compare: (a: T, b: T) => number): number {
    let [low, high] = [0, this.chunks.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      const first = this.chunks[middle]?.[0]
      if (first !== undefined && compare(first, item) <= 0) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** The place of the first item in the chunk that is equal to the given item or comes after it. */
function placeIn<T>(chunk: readonly T[], item: T, compare: (a: T, b: T) => number): number {
  const last = chunk.at(-1)
  if (last !== undefined && compare(last, item) < 0) return chunk.length
  let [low, high] = [0, chunk.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = chunk[middle]
    if (other !== undefined && compare(other, item) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function byRank(a: Ranked, b: Ranked): number {
  return a.rank - b.rank
}
