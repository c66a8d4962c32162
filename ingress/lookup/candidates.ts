import { type Ranked, RankedList } from './ranked-list.ts'

/** The value that an index stores under a key. For most keys it is one item, for the others a list of items. */
export type Posting<T extends Ranked> = T | RankedList<T>

/** Returns the posting with the item added. An item that is already in the posting is not added twice. */
export function withItem<T extends Ranked>(posting: Posting<T> | undefined, item: T): Posting<T> {
  if (posting === undefined || posting === item) return item
  if (posting instanceof RankedList) {
    posting.add(item)
    return posting
  }
  const list = new RankedList<T>()
  list.add(posting)
  list.add(item)
  return list
}

/** Returns the posting without the item. Undefined if nothing is left. */
export function withoutItem<T extends Ranked>(posting: Posting<T> | undefined, item: T): Posting<T> | undefined {
  if (!(posting instanceof RankedList)) return posting === item ? undefined : posting
  posting.remove(item)
  return posting.first === undefined ? undefined : posting
}

/**
 * Returns the items of several postings in rank order. It builds no merged list, because most searches end at the first
 * item. One instance is used for many searches. An item that is in several postings is returned several times in a row.
 */
export class Candidates<T extends Ranked> {
  #count = 0
  readonly #heads: T[] = []
  readonly #lists: (RankedList<T> | undefined)[] = []
  readonly #chunks: number[] = []
  readonly #places: number[] = []
  readonly #certain: boolean[] = []
  #lastCertain = false

  /**
   * Whether the key under which `next` found its latest item proves that the item's condition holds. If false, the item
   * must be tested.
   */
  get certain(): boolean {
    return this.#lastCertain
  }

  clear(): void {
    this.#count = 0
  }

  add(posting: Posting<T> | undefined, certain: boolean): void {
    const list = posting instanceof RankedList ? posting : undefined
    const head = posting instanceof RankedList ? posting.first : posting
    if (head === undefined) return
    const i = this.#count++
    this.#heads[i] = head
    this.#lists[i] = list
    this.#chunks[i] = 0
    this.#places[i] = 0
    this.#certain[i] = certain
  }

  /** The next item in rank order. Undefined after the last item. */
  next(): T | undefined {
    let [least, rank] = [-1, Number.POSITIVE_INFINITY]
    for (let i = 0; i < this.#count; i++) {
      const head = this.#heads[i]
      if (head === undefined || head.rank >= rank) continue
      least = i
      rank = head.rank
    }
    if (least === -1) return undefined
    const item = this.#heads[least]
    this.#lastCertain = this.#certain[least] ?? false
    this.#advance(least)
    return item
  }

  #advance(i: number): void {
    const list = this.#lists[i]
    let [c, place] = [this.#chunks[i] ?? 0, (this.#places[i] ?? 0) + 1]
    if (list !== undefined && place === list.chunks[c]?.length) [c, place] = [c + 1, 0]
    const head = list?.chunks[c]?.[place]
    if (head === undefined) {
      this.#drop(i)
      return
    }
    this.#heads[i] = head
    this.#chunks[i] = c
    this.#places[i] = place
  }

  /** Removes a posting that has no more items. The last posting moves to the free place. */
  #drop(i: number): void {
    const last = --this.#count
    const head = this.#heads[last]
    if (head !== undefined) this.#heads[i] = head
    this.#lists[i] = this.#lists[last]
    this.#chunks[i] = this.#chunks[last] ?? 0
    this.#places[i] = this.#places[last] ?? 0
    this.#certain[i] = this.#certain[last] ?? false
  }
}
