import {
  Composer,
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  Parser,
  Schema,
  type YAMLError,
} from 'yaml'
import type { FileProblems } from './file-problems.ts'
import { type Chunk, manifestChunks } from './manifest-chunks.ts'
import type { ManifestProblem } from './manifest-problem.ts'
import { shapeFault } from './manifest-shape.ts'
import { keyText, type OtherReading, plainDocument, type Refuse } from './manifest-value.ts'
import { createTextLines, type TextLines } from './text-lines.ts'

type Path = readonly (string | number)[]

/** One document of a manifest file. */
export interface ManifestDocument {
  /** The document as a value of JSON. */
  readonly value: unknown
  /**
   * Returns the line of a field, counted from 1. If the field is absent, returns the line of the nearest field that encloses
   * it.
   */
  readonly lineOf: (path: Path) => number
  /** The places to which readers of YAML 1.2 give a value other than kubectl does, each with its line. */
  readonly others: readonly (OtherReading & { readonly line: () => number })[]
}

/** With this schema, the parser reads every scalar as text. Plain scalars get their values later, by the rules of kubectl. */
const TEXT_ONLY = new Schema({ schema: 'failsafe' })

/**
 * The documents of a file in their order, as kubectl reads them. Empty documents are left out. Faults of the YAML are added to
 * `problems`. JSON files are read in the same way, because JSON is also YAML.
 */
export function* manifestDocuments(text: string, file: string, problems: FileProblems): Generator<ManifestDocument> {
  const fault = shapeFault(text)
  if (fault) {
    problems.add(() => ({ file, ...fault }))
    return
  }
  const lines = createTextLines(text)
  const refuse: Refuse = (offset, message) => problems.add(() => yamlProblem(file, lines.lineAt(offset), message))
  const control = CONTROL.exec(text)
  if (control) {
    refuse(control.index, 'holds a control character: write it as an escape, in double quotes')
    return
  }
  const budget = { aliased: 0 }
  try {
    for (const chunk of manifestChunks(text, refuse)) {
      const refuseHere: Refuse = (offset, message) => refuse(chunk.offset + offset, message)
      const document = documentOf(chunk, refuseHere)
      const plain = document && plainDocument(document, budget, refuseHere)
      if (document && plain && plain.value !== null) yield placed(document, plain, { chunk, lines })
    }
  } catch (error) {
    // The parser calls itself once for each level. A document that exhausts the parser's stack cannot be a manifest.
    if (!(error instanceof RangeError)) throw error
    refuse(0, `cannot be read to its end: ${error.message}`)
  }
}

/** YAML 1.1 and YAML 1.2 allow these control characters in a text only as escapes. */
const CONTROL = /(?![\t\n\r\u0085-\u009f])\p{Cc}/u

function yamlProblem(file: string, line: number, message: string): ManifestProblem {
  return { code: 'invalid_yaml', file, line, message: `is not YAML: ${message}` }
}

/**
 * Returns the document of one part of the file. If the document has a fault, reports the fault to `refuse` and returns
 * undefined.
 */
function documentOf({ text }: Chunk, refuse: Refuse): Document | undefined {
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false, schema: TEXT_ONLY })
  const [document, second] = composer.compose(new Parser().parse(text))
  if (!document) {
    if (/^%/m.test(text)) refuse(text.search(/^%/m), 'kubectl takes no directive: leave this line out')
    return undefined
  }
  const faults = [...document.errors, ...document.warnings.filter(isFault)]
  for (const { pos, message } of faults) refuse(pos[0], message)
  if (faults.length > 0) return undefined
  if (!second) return document
  refuse(offsetOf(second.contents) ?? 0, 'kubectl does not read on behind ...: put --- before this document')
  return undefined
}

/**
 * Whether an error of the parser is a fault. Tags of YAML itself are not faults: they get their meaning later, by the rules of
 * kubectl. Every other tag is a fault, because its meaning is unknown.
 */
function isFault({ code, message }: YAMLError): boolean {
  return code !== 'TAG_RESOLVE_FAILED' || !message.startsWith('Unresolved tag: tag:yaml.org,2002:')
}

interface Place {
  readonly chunk: Chunk
  readonly lines: TextLines
}

function placed(
  document: Document,
  { value, others }: { readonly value: unknown; readonly others: readonly OtherReading[] },
  { chunk, lines }: Place,
): ManifestDocument {
  const lineAt = (offset: number): number => lines.lineAt(chunk.offset + offset)
  return {
    value,
    lineOf: (path) => lineAt(offsetAt(document, path)),
    others: others.map((other) => ({ ...other, line: () => lineAt(other.offset) })),
  }
}

function offsetAt(document: Document, path: Path): number {
  let offset = offsetOf(document.contents) ?? 0
  let node: unknown = document.contents
  for (const step of path) {
    const next = stepInto(node, step)
    if (!next) break
    offset = next.offset ?? offset
    node = next.node
  }
  return offset
}

/** Returns the value of a field or of a list entry, and the position at which the field's key or the entry begins. */
function stepInto(node: unknown, step: string | number): { node: unknown; offset: number | undefined } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && keyText(item.key) === String(step))
    return pair && { node: pair.value, offset: isNode(pair.key) ? offsetOf(pair.key) : undefined }
  }
  if (!isSeq(node) || typeof step !== 'number') return undefined
  const entry = node.items[step]
  return isNode(entry) ? { node: entry, offset: offsetOf(entry) } : undefined
}

function offsetOf(node: Node | null): number | undefined {
  return node?.range?.[0]
}
