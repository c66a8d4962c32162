/**
 * Turns a document of YAML into a value of JSON, in the same way as kubectl. Aliases are replaced by the values that they name,
 * merges (`<<`) are carried out, and keys become text. Limits on aliases keep the work small.
 */
import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml'
import type { ScalarValue } from './core-scalar.ts'
import { isReadOtherwise, kubectlKey, kubectlScalar, taggedScalar } from './kubectl-scalar.ts'
import { ALIAS_SHARE, MAX_ALIASED_NODES, MAX_MANIFEST_DEPTH } from './limits.ts'

type Path = readonly (string | number)[]

/** A place to which readers of YAML 1.2 give a value other than kubectl does. */
export interface OtherReading {
  readonly path: Path
  readonly offset: number
  /** The text at this place. */
  readonly text: string
  /** The value that the cluster stores. Undefined for a merge key, because a merge key has no value. */
  readonly stored: ScalarValue | undefined
}

export type Refuse = (offset: number, message: string) => void

/** The number of nodes that aliases have added to the documents of one file. */
export interface AliasBudget {
  aliased: number
}

export interface PlainDocument {
  readonly value: unknown
  readonly others: readonly OtherReading[]
}

/**
 * Returns the value of a document. If kubectl does not accept the document, reports each fault to `refuse` and returns
 * undefined.
 */
export function plainDocument(document: Document, budget: AliasBudget, refuse: Refuse): PlainDocument | undefined {
  let refused = false
  const walk: Walk = {
    ...{ budget, path: [], others: [], anchors: new Map(), bound: new Map(), open: new Set() },
    ...{ depth: 0, aliases: 0, nodes: 0, aliased: 0 },
    refuse: (node, message) => {
      refused = true
      refuse(node?.range?.[0] ?? 0, message)
    },
  }
  try {
    const value = nodeValue(document.contents, walk)
    return refused ? undefined : { value, others: walk.others }
  } catch (error) {
    if (!(error instanceof Grown)) throw error
    refuse(0, error.message)
    return undefined
  }
}

/** Is thrown to end the reading of a document that is too large or too deep. */
class Grown extends Error {}

interface Walk {
  readonly refuse: (node: Node | null | undefined, message: string) => void
  readonly budget: AliasBudget
  /** The path of the current node. */
  readonly path: (string | number)[]
  readonly others: OtherReading[]
  /** The last node with each anchor; the key is the name of the anchor. */
  readonly anchors: Map<string, Node>
  /** The node for which each alias stands. This is the last node before the alias that has an anchor with the alias's name. */
  readonly bound: Map<Alias, Node>
  /** The nodes with an anchor that enclose the current node. */
  readonly open: Set<Node>
  depth: number
  /** The number of aliases that were followed to reach the current node. */
  aliases: number
  nodes: number
  aliased: number
}

function nodeValue(node: unknown, walk: Walk): unknown {
  count(walk)
  if (isScalar(node)) {
    if (node.anchor) walk.anchors.set(node.anchor, node)
    return scalarValue(node, walk)
  }
  if (isAlias(node)) return aliasValue(node, walk)
  if (!isMap(node) && !isSeq(node)) return null
  if (node.anchor) walk.anchors.set(node.anchor, node)
  if (++walk.depth > MAX_MANIFEST_DEPTH) throw new Grown('Excessive alias count: nests deeper than any manifest does')
  if (node.anchor) walk.open.add(node)
  const value = isMap(node) ? mapValue(node, walk) : listValue(node.items, walk)
  walk.open.delete(node)
  walk.depth--
  return value
}

/**
 * Counts a node. In a small document, nearly all nodes may come from aliases. In a large document, the share of such nodes is
 * limited. kubectl has the same limits.
 */
function count(walk: Walk): void {
  walk.nodes++
  if (walk.aliases === 0) return
  walk.aliased++
  walk.budget.aliased++
  const share = walk.aliased / walk.nodes
  const bulk = walk.aliased > ALIAS_SHARE.leastAliased && walk.nodes > ALIAS_SHARE.leastNodes
  if ((bulk && share > ALIAS_SHARE.most) || walk.budget.aliased > MAX_ALIASED_NODES) {
    throw new Grown('Excessive alias count: write out what the aliases stand for')
  }
}

function aliasValue(alias: Alias, walk: Walk): unknown {
  const node = targetOf(alias, walk)
  if (!node) return null
  if (walk.open.has(node)) {
    walk.refuse(alias, `*${alias.source} stands inside of what it names`)
    return null
  }
  walk.aliases++
  const value = nodeValue(node, walk)
  walk.aliases--
  return value
}

function targetOf(alias: Alias, walk: Walk): Node | undefined {
  const node = walk.bound.get(alias) ?? walk.anchors.get(alias.source)
  if (node) walk.bound.set(alias, node)
  else walk.refuse(alias, `*${alias.source} names nothing: &${alias.source} must stand before it, in the same document`)
  return node
}

function scalarValue(node: Scalar, walk: Walk): ScalarValue {
  const text = String(node.value)
  if (node.tag !== undefined) return tagged(node, text, walk)
  if (node.type !== 'PLAIN') return text
  const value = kubectlScalar(text)
  if (typeof value === 'string') return value
  if (typeof value === 'number' && !Number.isFinite(value)) walk.refuse(node, `${text} is no value that JSON has`)
  if (isReadOtherwise(text, value)) noteOther(node, { text, stored: value }, walk)
  return value
}

function tagged(node: Scalar, text: string, walk: Walk): ScalarValue {
  const value = taggedScalar(node.tag ?? '', text)
  if (value === undefined) walk.refuse(node, `${JSON.stringify(text)} is not what its tag ${node.tag} says`)
  return value ?? null
}

function noteOther(node: Node, other: Pick<OtherReading, 'text' | 'stored'>, walk: Walk): void {
  if (walk.aliases === 0) walk.others.push({ path: [...walk.path], offset: node.range?.[0] ?? 0, ...other })
}

function listValue(items: readonly unknown[], walk: Walk): unknown[] {
  return items.map((item, i) => {
    walk.path.push(i)
    const value = nodeValue(item, walk)
    walk.path.pop()
    return value
  })
}

function mapValue({ items }: YAMLMap, walk: Walk): object {
  const result: Record<string, unknown> = {}
  let merged: Set<string> | undefined
  for (const { key, value } of items) {
    if (isMergeKey(key)) {
      noteMerge(key, walk)
      merged ??= new Set()
      for (const from of mergedMaps(value, walk)) mergeInto(result, from, merged)
      continue
    }
    const name = keyOf(key, walk)
    if (name === undefined) continue
    if (Object.hasOwn(result, name) && !merged?.has(name)) walk.refuse(nodeOf(key), 'Map keys must be unique')
    merged?.delete(name)
    walk.path.push(name)
    set(result, name, nodeValue(value, walk))
    walk.path.pop()
  }
  return result
}

function nodeOf(key: unknown): Node | undefined {
  return isScalar(key) || isAlias(key) || isMap(key) || isSeq(key) ? key : undefined
}

function set(result: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') result[name] = value
  else Object.defineProperty(result, name, { value, enumerable: true, configurable: true, writable: true })
}

const NO_KEY = 'this cannot be the name of a field: a name is text'

/** The name of a field, as text. */
function keyOf(key: unknown, walk: Walk): string | undefined {
  count(walk)
  const node = isAlias(key) ? targetOf(key, walk) : key
  if (!isScalar(node)) {
    if (node !== undefined) walk.refuse(nodeOf(key), NO_KEY)
    return undefined
  }
  if (node.anchor) walk.anchors.set(node.anchor, node)
  const name = keyText(node)
  if (name === undefined) walk.refuse(node, NO_KEY)
  else noteKey(node, name, walk)
  return name
}

/** The text of a scalar that is the name of a field. Undefined if kubectl does not accept the scalar as a name. */
export function keyText(node: Scalar): string | undefined {
  const text = String(node.value)
  if (node.tag === undefined) return node.type === 'PLAIN' ? kubectlKey(text) : text
  const value = taggedScalar(node.tag, text)
  return value === undefined || value === null ? undefined : typeof value === 'string' ? value : kubectlKey(text)
}

function noteKey(node: Scalar, name: string, walk: Walk): void {
  if (node.type !== 'PLAIN' || node.tag !== undefined || node.value === name) return
  const text = String(node.value)
  const value = kubectlScalar(text)
  if (!isReadOtherwise(text, value)) return
  walk.path.push(name)
  noteOther(node, { text, stored: name }, walk)
  walk.path.pop()
}

const MERGE_TAG = 'tag:yaml.org,2002:merge'

function isMergeKey(key: unknown): key is Scalar {
  if (!isScalar(key) || key.value !== '<<') return false
  return key.tag === undefined ? key.type === 'PLAIN' : key.tag === MERGE_TAG
}

function noteMerge(key: Scalar, walk: Walk): void {
  walk.path.push('<<')
  noteOther(key, { text: '<<', stored: undefined }, walk)
  walk.path.pop()
}

/** Returns the maps of a merge in the order in which they are applied. A later map replaces the fields of an earlier one. */
function mergedMaps(value: unknown, walk: Walk): object[] {
  const parts = isSeq(value) ? value.items : [value]
  const maps = parts.flatMap((part) => {
    const node = isAlias(part) ? targetOf(part, walk) : part
    const map = isMap(node) ? nodeValue(part, walk) : undefined
    if (typeof map === 'object' && map !== null) return [map]
    if (node !== undefined) walk.refuse(nodeOf(part), '<< takes a map, or a list of maps')
    return []
  })
  return maps.reverse()
}

/** A merged field replaces a field that stands above the merge in the same map. Only kubectl reads merges in this way. */
function mergeInto(result: Record<string, unknown>, from: object, merged: Set<string>): void {
  for (const [name, value] of Object.entries(from)) {
    set(result, name, value)
    merged.add(name)
  }
}
