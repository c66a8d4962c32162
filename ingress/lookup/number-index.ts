import { literalPrefix } from '../route-table/literal-prefix.ts'
import { MAX_KEY_DIGITS, NO_KEY, numberKey, type PrefixKeys, readPrefixKeys } from '../route-table/number-key.ts'
import { type NumberBlock, numberBlocks } from '../route-table/number-range.ts'
import type { NumberPredicate } from '../route-table/route-table.ts'
import { type Candidates, type Posting, withItem, withoutItem } from './candidates.ts'
import { NumberTable } from './number-table.ts'
import { type Ranked, RankedList } from './ranked-list.ts'

/**
 * The largest number of digits in a number key, plus one. A prefix key is multiplied by this number. Then the
 * length of the prefix is added, so that each pair of both gives another number.
 */
const LENGTHS = MAX_KEY_DIGITS + 1

/**
 * Finds the items that have a predicate which holds for a number. The time does not grow with the number of items: exact
 * numbers are found by hash, prefixes by length, ranges as blocks of numbers. Two kinds of predicates are tested one by
 * one, in rank order: regular expressions that do not begin with literal text, and ranges that are not telephone numbers.
 */
export class NumberIndex<T extends Ranked> {
  readonly #exact = new NumberTable<Posting<T>>()
  readonly #prefixes = new PrefixIndex<T>()
  /** The literal text with which regular expressions begin. An item that is found here must still be tested. */
  readonly #guarded = new PrefixIndex<T>()
  readonly #blocks = new NumberTable<Posting<T>>()
  /**
   * The prefix lengths of blocks, by the length of their numbers. In each value, bit n stands for a prefix length n that a
   * block has or had.
   */
  readonly #blockLengths: FormLengths = { plus: new Uint16Array(LENGTHS), bare: new Uint16Array(LENGTHS) }
  readonly #texts = new Map<string, Posting<T>>()
  readonly #rest = new RankedList<T>()

  add(item: T, predicates: readonly NumberPredicate[]): void {
    for (const predicate of predicates) {
      this.#change(predicate, (posting) => withItem(posting, item))
      if (isWalked(predicate)) this.#rest.add(item)
    }
  }

  /** Removes what `add` added for the same item and predicates. */
  remove(item: T, predicates: readonly NumberPredicate[]): void {
    for (const predicate of predicates) {
      this.#change(predicate, (posting) => withoutItem(posting, item))
      if (isWalked(predicate)) this.#rest.remove(item)
    }
  }

  /** Adds to `candidates` all items with a predicate that holds for the number, and all items that must still be tested. */
  collect(number: string, candidates: Candidates<T>): void {
    const keys = readPrefixKeys(number)
    if (keys.whole) {
      candidates.add(this.#exact.getAt(keys.byLength, keys.digits), true)
      this.#collectBlocks(keys, candidates)
    } else {
      candidates.add(this.#texts.get(number), true)
    }
    this.#prefixes.collect(number, true, candidates)
    this.#guarded.collect(number, false, candidates)
    candidates.add(this.#rest, false)
  }

  #collectBlocks({ digits: length, plus, byLength }: PrefixKeys, candidates: Candidates<T>): void {
    const lengths = (plus ? this.#blockLengths.plus : this.#blockLengths.bare)[length] ?? 0
    if (lengths === 0) return
    for (let digits = 0; digits < length; digits++) {
      if ((lengths & (1 << digits)) === 0) continue
      // A prefix of zero digits without `+` has no key. So -1 stands for this prefix. A block that contains all numbers of
      // one length without `+` has this prefix.
      const prefix = digits === 0 && !plus ? -1 : (byLength[digits] ?? NO_KEY)
      candidates.add(this.#blocks.get(blockKey(prefix, length)), true)
    }
  }

  #change(predicate: NumberPredicate, change: Change<T>): void {
    switch (predicate.type) {
      case 'exact':
        changeExact(this.#exact, this.#texts, predicate.value, change)
        return
      case 'prefix':
        this.#prefixes.change(predicate.value, change)
        return
      case 'range':
        for (const block of numberBlocks(predicate.from, predicate.to) ?? []) this.#changeBlock(block, change)
        return
      case 'regex': {
        const prefix = literalPrefix(predicate.pattern)
        if (prefix !== '') this.#guarded.change(prefix, change)
      }
    }
  }

  #changeBlock(block: NumberBlock, change: Change<T>): void {
    if (block.prefixDigits === block.length) {
      changeKey(this.#exact, block.prefix, change)
      return
    }
    changeKey(this.#blocks, blockKey(block.prefix, block.length), change)
    const lengths = block.prefix > 0 ? this.#blockLengths.plus : this.#blockLengths.bare
    lengths[block.length] = (lengths[block.length] ?? 0) | (1 << block.prefixDigits)
  }
}

/** Two rows, one for numbers with `+` and one for digits without `+`. The index is the length of a number. */
interface FormLengths {
  readonly plus: Uint16Array
  readonly bare: Uint16Array
}

/** The key of a block. It combines the prefix key with the length of the block's numbers. */
function blockKey(prefix: number, length: number): number {
  return prefix * LENGTHS + (prefix > 0 ? length : -length)
}

/** Finds prefixes by their length. A length that no prefix has any more is still looked up, which costs a few nanoseconds. */
class PrefixIndex<T extends Ranked> {
  readonly #keyed = new NumberTable<Posting<T>>()
  readonly #texts = new Map<string, Posting<T>>()
  /** Bit n is set if a prefix of n digits is or was in the index. */
  #plusLengths = 0
  #bareLengths = 0
  readonly #textLengths = new Set<number>()

  change(prefix: string, change: Change<T>): void {
    changeExact(this.#keyed, this.#texts, prefix, change)
    const key = numberKey(prefix)
    if (key === NO_KEY) this.#textLengths.add(prefix.length)
    else if (key > 0) this.#plusLengths |= 1 << (prefix.length - 1)
    else this.#bareLengths |= 1 << prefix.length
  }

  collect(number: string, certain: boolean, candidates: Candidates<T>): void {
    if (this.#plusLengths !== 0 || this.#bareLengths !== 0) {
      const keys = readPrefixKeys(number)
      const lengths = keys.plus ? this.#plusLengths : this.#bareLengths
      for (let digits = 0; digits <= keys.digits; digits++) {
        if ((lengths & (1 << digits)) === 0) continue
        candidates.add(this.#keyed.getAt(keys.byLength, digits), certain)
      }
    }
    if (this.#texts.size === 0) return
    for (const length of this.#textLengths) {
      if (length <= number.length) candidates.add(this.#texts.get(number.slice(0, length)), certain)
    }
  }
}

type Change<T extends Ranked> = (posting: Posting<T> | undefined) => Posting<T> | undefined

function changeExact<T extends Ranked>(
  keyed: NumberTable<Posting<T>>,
  texts: Map<string, Posting<T>>,
  text: string,
  change: Change<T>,
): void {
  const key = numberKey(text)
  if (key !== NO_KEY) {
    changeKey(keyed, key, change)
    return
  }
  const posting = change(texts.get(text))
  if (posting === undefined) texts.delete(text)
  else texts.set(text, posting)
}

function changeKey<T extends Ranked>(table: NumberTable<Posting<T>>, key: number, change: Change<T>): void {
  const posting = change(table.get(key))
  if (posting === undefined) table.delete(key)
  else table.set(key, posting)
}

/** Whether the predicate has no key. Every lookup must test such a predicate. */
function isWalked(predicate: NumberPredicate): boolean {
  switch (predicate.type) {
    case 'exact':
    case 'prefix':
      return false
    case 'range':
      return numberBlocks(predicate.from, predicate.to) === undefined
    case 'regex':
      return literalPrefix(predicate.pattern) === ''
  }
}

/** Whether a predicate that is found by its key needs no test. */
export function isProven(predicate: NumberPredicate): boolean {
  switch (predicate.type) {
    case 'exact':
    case 'prefix':
      return true
    case 'range':
      return !isWalked(predicate)
    case 'regex':
      return false
  }
}
