import type { NumberPredicate, RuleEntry, TableDelta, TableEntry } from '../route-table/route-table.ts'
import { createPatterns } from './patterns.ts'
import { createPeerIndex, type IndexedTrunk, indexedTrunk } from './peer-index.ts'
import { type IndexedRule, indexedRule, RuleIndex } from './rule-index.ts'

/** The entries of a table and everything that finds them. */
export class TableState {
  readonly trunks = new Map<string, IndexedTrunk>()
  readonly rules = new Map<string, IndexedRule>()
  readonly peers = createPeerIndex()
  readonly ruleIndex = new RuleIndex()
  readonly #patterns = createPatterns()
  readonly #headerUses = new Map<string, number>()
  #headersRead: readonly string[] = []

  get headersRead(): readonly string[] {
    return this.#headersRead
  }

  /**
   * Applies a change. What can fail comes first: an entry that does not compile (`PatternError`) leaves everything as it
   * was.
   */
  apply(delta: TableDelta): void {
    const compiled = this.#compileAll(delta.upserted)
    for (const key of delta.removed) this.#remove(key)
    for (const entry of compiled) {
      if (entry.kind === 'trunk') this.#putTrunk(entry)
      else this.#putRule(entry)
    }
  }

  #compileAll(entries: readonly TableEntry[]): (IndexedTrunk | IndexedRule)[] {
    const compiled: (IndexedTrunk | IndexedRule)[] = []
    try {
      for (const entry of entries) compiled.push(this.#compile(entry))
      return compiled
    } catch (error) {
      for (const { entry } of compiled) this.#patterns.release(patternsOf(entry))
      throw error
    }
  }

  #compile(entry: TableEntry): IndexedTrunk | IndexedRule {
    this.#patterns.acquire(patternsOf(entry))
    return entry.kind === 'trunk' ? indexedTrunk(entry, this.#patterns) : indexedRule(entry, this.#patterns)
  }

  #putTrunk(trunk: IndexedTrunk): void {
    const before = this.trunks.get(trunk.entry.name)
    if (before !== undefined) this.#removeTrunk(before)
    this.trunks.set(trunk.entry.name, trunk)
    this.peers.addTrunk(trunk)
  }

  /** Backends and headers that both versions name are never missing in between: what is cached about them stays. */
  #putRule(rule: IndexedRule): void {
    const before = this.rules.get(rule.entry.name)
    if (before !== undefined) this.ruleIndex.remove(before)
    this.rules.set(rule.entry.name, rule)
    this.ruleIndex.add(rule)
    this.peers.addBackends(rule.entry)
    this.#countHeaders(rule.entry, 1)
    if (before !== undefined) this.#release(before)
  }

  #remove(key: string): void {
    const slash = key.indexOf('/')
    const name = key.slice(slash + 1)
    if (key.slice(0, slash) === 'trunk') {
      const trunk = this.trunks.get(name)
      if (trunk !== undefined) this.#removeTrunk(trunk)
      return
    }
    const rule = this.rules.get(name)
    if (rule === undefined) return
    this.rules.delete(name)
    this.ruleIndex.remove(rule)
    this.#release(rule)
  }

  #removeTrunk(trunk: IndexedTrunk): void {
    this.trunks.delete(trunk.entry.name)
    this.peers.removeTrunk(trunk)
    this.#patterns.release(patternsOf(trunk.entry))
  }

  #release(rule: IndexedRule): void {
    this.peers.removeBackends(rule.entry)
    this.#countHeaders(rule.entry, -1)
    this.#patterns.release(patternsOf(rule.entry))
  }

  #countHeaders(entry: RuleEntry, change: 1 | -1): void {
    for (const { name } of entry.headers) {
      const before = this.#headerUses.get(name) ?? 0
      if (before + change > 0) this.#headerUses.set(name, before + change)
      else this.#headerUses.delete(name)
      if (before === 0 || before + change === 0) this.#headersRead = [...this.#headerUses.keys()]
    }
  }
}

function patternsOf(entry: TableEntry): string[] {
  const patterns = numberPatterns(entry.called)
  if (entry.kind === 'trunk') return patterns
  for (const header of entry.headers) if (header.type === 'regex') patterns.push(header.pattern)
  return [...patterns, ...numberPatterns(entry.calling)]
}

function numberPatterns(predicates: readonly NumberPredicate[]): string[] {
  const patterns: string[] = []
  for (const predicate of predicates) if (predicate.type === 'regex') patterns.push(predicate.pattern)
  return patterns
}
