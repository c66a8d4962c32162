/**
 * Makes the notes of lint about values that kubectl and readers of YAML 1.2 read differently. If such a value has a fault, this
 * file also adds to the message of the fault how kubectl reads the value.
 */

import { coreScalar, type ScalarValue } from './core-scalar.ts'
import type { ManifestDocument } from './manifest-document.ts'
import { fieldText, type ManifestProblem } from './manifest-problem.ts'

type Path = readonly (string | number)[]
type Note = Omit<ManifestProblem, 'file' | 'object'>

/**
 * Returns one note for each value of the object at `path` that YAML 1.2 reads differently. Values that have a fault are left
 * out. A note is made only when it is reported.
 */
export function otherReadingNotes(document: ManifestDocument, path: Path, faulty: readonly Path[]): (() => Note)[] {
  return document.others
    .filter((other) => isAt(path, other.path) && !faulty.some((fault) => isAt(fault, other.path)))
    .map((other) => () => noteOf(other))
}

type Other = ManifestDocument['others'][number]

function noteOf(other: Other): Note {
  const about = { line: other.line(), field: fieldText(other.path) }
  const { text, stored } = other
  if (stored === undefined) return { code: 'merge_key', ...about, message: MERGE }
  const message = `kubectl reads ${text} without quotes as ${describe(stored)}, YAML 1.2 as ${describe(coreScalar(text))}`
  const expected = `${JSON.stringify(text)} in quotes if it is text, or ${String(stored)}`
  return { code: 'read_otherwise', ...about, message, expected }
}

const MERGE =
  'kubectl puts the fields of << in place, even over those above it; for YAML 1.2 it is a field: write the fields out'

function describe(value: ScalarValue): string {
  if (value === null) return 'null'
  return typeof value === 'string' ? `the text ${JSON.stringify(value)}` : `the ${typeof value} ${String(value)}`
}

/** The parts of an object's metadata whose values people write as texts. Our schemas do not check these values. */
const TEXT_MAPS = ['labels', 'annotations'] as const

/** Returns one note for each label and annotation that is not text. The API server refuses an object with such a value. */
export function labelNotes(value: unknown, { lineOf }: Pick<ManifestDocument, 'lineOf'>, path: Path): (() => Note)[] {
  return TEXT_MAPS.flatMap((name) =>
    Object.entries(partOf(partOf(value, 'metadata'), name)).flatMap(([key, text]) => {
      if (typeof text === 'string' || text === null) return []
      const place = [...path, 'metadata', name, key]
      const message = `is ${typeof text === 'object' ? 'no text' : describeValue(text)}, which the API server refuses here`
      return [
        () => ({
          code: 'not_a_text',
          line: lineOf(place),
          field: fieldText(place),
          message,
          expected: 'string, in quotes',
        }),
      ]
    }),
  )
}

function partOf(value: unknown, name: string): object {
  return Object(Reflect.get(Object(value), name))
}

function describeValue(value: unknown): string {
  return `the ${typeof value} ${String(value)}`
}

/** The message of a fault. If kubectl reads the value at the path differently from YAML 1.2, the message also says so. */
export function withReading(message: string, document: ManifestDocument, path: Path): string {
  const other = document.others.find((one) => isSame(one.path, path))
  // A merge key has no value to explain.
  if (other?.stored === undefined) return message
  return `${message}, as kubectl reads ${other.text} without quotes`
}

function isSame(one: Path, other: Path): boolean {
  return one.length === other.length && isAt(one, other)
}

/** Whether the path `start` is the beginning of `path`. */
function isAt(start: Path, path: Path): boolean {
  return start.every((step, i) => path[i] === step)
}
