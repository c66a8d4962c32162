import { type Document, isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml'
import { MAX_YAML_ALIASES } from './limits.ts'
import type { Problem } from './manifest-problem.ts'

type Path = readonly (string | number)[]

/** One document of a manifest file. */
export interface ManifestDocument {
  /** Plain values, as JSON has them. */
  readonly value: unknown
  /** The line of a field, or of the nearest field around it that is there; from 1. */
  readonly lineOf: (path: Path) => number
}

/** The documents of a file, empty ones left out, and what is wrong with its YAML. JSON is YAML. */
export function manifestDocuments(text: string, file: string): { documents: ManifestDocument[]; problems: Problem[] } {
  const lines = new LineCounter()
  const documents: ManifestDocument[] = []
  const problems: Problem[] = []
  for (const document of parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })) {
    const faults = [...document.errors, ...document.warnings]
    const found = faults.map((fault) => yamlProblem(file, lines.linePos(fault.pos[0]).line, fault.message))
    const value =
      found.length > 0 ? undefined : plainValue(document, (message) => found.push(yamlProblem(file, 1, message)))
    problems.push(...found)
    if (found.length === 0 && value !== null) documents.push({ value, lineOf: (path) => lineOf(document, path, lines) })
  }
  return { documents, problems }
}

function yamlProblem(file: string, line: number, message: string): Problem {
  return { code: 'invalid_yaml', file, line, message: `is not YAML: ${message}` }
}

/** `toJS` throws a ReferenceError for a document whose aliases would make it grow. */
function plainValue(document: Document, refuse: (message: string) => void): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_YAML_ALIASES })
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    refuse(error.message)
    return undefined
  }
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
