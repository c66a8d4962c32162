import {
  Composer,
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Parser,
  visit,
  type YAMLMap,
} from 'yaml'
import type { FileProblems } from './file-problems.ts'
import { MAX_YAML_ALIASES } from './limits.ts'
import type { Problem } from './manifest-problem.ts'
import { shapeFault } from './manifest-shape.ts'

type Path = readonly (string | number)[]

/** One document of a manifest file. */
export interface ManifestDocument {
  /** Plain values, as JSON has them. */
  readonly value: unknown
  /** The line of a field, or of the nearest field around it that is there; from 1. */
  readonly lineOf: (path: Path) => number
}

/** The documents of a file one after the other, empty ones left out. What is wrong with its YAML is told. JSON is YAML. */
export function* manifestDocuments(text: string, file: string, problems: FileProblems): Generator<ManifestDocument> {
  const fault = shapeFault(text)
  if (fault) {
    problems.add(() => ({ file, ...fault }))
    return
  }
  const lines = new LineCounter()
  const refuse = (offset: number, message: string): void =>
    problems.add(() => yamlProblem(file, lines.linePos(offset).line, message))
  try {
    const composer = new Composer({ prettyErrors: false, uniqueKeys: false })
    for (const document of composer.compose(new Parser(lines.addNewLine).parse(text))) {
      const value = plainValue(document, refuse)
      if (value !== null) yield { value, lineOf: (path) => lineOf(document, path, lines) }
    }
  } catch (error) {
    // The parser calls itself for each level; what it cannot end is no manifest.
    if (!(error instanceof RangeError)) throw error
    refuse(0, `cannot be read to its end: ${error.message}`)
  }
}

function yamlProblem(file: string, line: number, message: string): Problem {
  return { code: 'invalid_yaml', file, line, message: `is not YAML: ${message}` }
}

/** Null for an empty document, and for one with a fault, which is told. */
function plainValue(document: Document, refuse: (offset: number, message: string) => void): unknown {
  const faults = [...document.errors, ...document.warnings]
  for (const { pos, message } of faults) refuse(pos[0], message)
  if (faults.length > 0 || hasRepeatedKeys(document, refuse)) return null
  try {
    return document.toJS({ maxAliasCount: MAX_YAML_ALIASES })
  } catch (error) {
    // Aliases that would make the document grow.
    if (!(error instanceof ReferenceError)) throw error
    refuse(0, error.message)
    return null
  }
}

/** The parser compares each key with each other one, which takes hours for a file of nothing but keys. */
function hasRepeatedKeys(document: Document, refuse: (offset: number, message: string) => void): boolean {
  let repeated = false
  visit(document, {
    Map: (_, map) => {
      for (const key of repeatedKeys(map)) {
        repeated = true
        refuse(offsetOf(key) ?? 0, 'Map keys must be unique')
      }
    },
  })
  return repeated
}

function repeatedKeys({ items }: YAMLMap): Node[] {
  const seen = new Set<unknown>()
  return items.flatMap(({ key }) => {
    if (!isScalar(key)) return []
    if (seen.has(key.value)) return [key]
    seen.add(key.value)
    return []
  })
}
function lineOf(document: Document, path: Path, lines: LineCounter): number {
  let offset = offsetOf(document.contents) ?? document.range?.[0] ?? 0
  let node: unknown = document.contents
  for (const step of path) {
    const next = stepInto(node, step)
    if (!next) break
    offset = next.offset ?? offset
    node = next.node
  }
  return lines.linePos(offset).line
}

/** The value of a field and where the field begins: at its key, or at the entry of a list. */
function stepInto(node: unknown, step: string | number): { node: unknown; offset: number | undefined } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(
      (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
    )
    return pair && { node: pair.value, offset: isNode(pair.key) ? offsetOf(pair.key) : undefined }
  }
  if (!isSeq(node) || typeof step !== 'number') return undefined
  const entry = node.items[step]
  return isNode(entry) ? { node: entry, offset: offsetOf(entry) } : undefined
}

function offsetOf(node: Node | null): number | undefined {
  return node?.range?.[0]
}
