import { API_GROUP, API_VERSION } from '../../crds/schema/api-object.ts'
import { type DispatchRule, readDispatchRule } from '../../crds/schema/dispatch-rule.ts'
import { nearestName } from '../../crds/schema/nearest-name.ts'
import type { FieldFault } from '../../crds/schema/read-object.ts'
import { readSipTrunk, type SipTrunk } from '../../crds/schema/sip-trunk.ts'
import { isRecord } from '../api/json-value.ts'
import type { FileProblems } from './file-problems.ts'
import type { ManifestDocument } from './manifest-document.ts'
import { fieldText, type ManifestProblem, type ProblemCode } from './manifest-problem.ts'
import { labelNotes, otherReadingNotes, withReading } from './other-reading-notes.ts'

/** An object of a manifest file, with its file and line. */
export interface PlacedObject {
  readonly object: SipTrunk | DispatchRule
  readonly file: string
  readonly line: number
}

/** Collects the problems of a file, and notes about valid values that may surprise their author. */
export interface FileReport {
  readonly file: string
  readonly problems: FileProblems
  readonly notes: FileProblems
}

/**
 * Returns the valid objects of one document. The faults of other objects are added to the report. A `List` contains several
 * objects.
 */
export function manifestObjects(document: ManifestDocument, report: FileReport): PlacedObject[] {
  return partsOf(document.value).flatMap((part) => readPart(part, document, report))
}

const API = `${API_GROUP}/${API_VERSION}`
const KINDS = ['SipTrunk', 'DispatchRule']
const LIST_KINDS = ['List', ...KINDS.map((kind) => `${kind}List`)]

interface Part {
  readonly value: unknown
  /** The path of the object inside the document. */
  readonly path: readonly (string | number)[]
}

function partsOf(value: unknown): Part[] {
  if (isRecord(value) && LIST_KINDS.includes(String(value['kind'])) && Array.isArray(value['items'])) {
    return value['items'].map((item: unknown, i) => ({ value: item, path: ['items', i] }))
  }
  return [{ value, path: [] }]
}

/** Returns the object of a part. The result is empty if the object has a fault. */
function readPart(
  { value, path }: Part,
  document: ManifestDocument,
  { file, problems, notes }: FileReport,
): PlacedObject[] {
  const object = objectText(value)
  const named = object === undefined ? {} : { object }
  const problem = ({ code, path: field, message, ...rest }: Fault): ManifestProblem => {
    const whole = [...path, ...field]
    const where = whole.length > 0 ? { field: fieldText(whole) } : {}
    return {
      code,
      file,
      line: document.lineOf(whole),
      ...named,
      ...where,
      message: withReading(message, document, whole),
      ...rest,
    }
  }
  const reading: Reading = isRecord(value) ? readerOf(value) : { ok: false, faults: [NOT_AN_OBJECT] }
  const faulty = reading.ok ? [] : reading.faults.map((fault) => [...path, ...fault.path])
  const refused = labelNotes(value, document, path)
  const labels =
    refused.length > 0
      ? [
          [...path, 'metadata', 'labels'],
          [...path, 'metadata', 'annotations'],
        ]
      : []
  const others = otherReadingNotes(document, path, [...faulty, ...labels])
  for (const note of [...refused, ...others]) notes.add(() => ({ file, ...named, ...note() }))
  if (reading.ok) return [{ object: reading.object, file, line: document.lineOf([...path, 'metadata', 'name']) }]
  for (const fault of reading.faults) problems.add(() => problem(fault))
  return []
}

type Fault = Omit<FieldFault, 'code'> & { readonly code: ProblemCode }

const NOT_AN_OBJECT: Fault = {
  ...{ code: 'not_an_object', path: [] },
  ...{ message: 'is not an object', expected: 'apiVersion, kind, metadata and spec' },
}

type Reading =
  | { readonly ok: true; readonly object: SipTrunk | DispatchRule }
  | { readonly ok: false; readonly faults: readonly Fault[] }

/** Reads an object by its kind. Kind and version are checked before the fields, because each kind has different fields. */
function readerOf(value: Record<string, unknown>): Reading {
  const { kind, apiVersion } = value
  if (typeof kind !== 'string' || !KINDS.includes(kind)) return { ok: false, faults: [kindFault(kind)] }
  if (apiVersion !== API) {
    const message = apiVersion === undefined ? 'is required' : `is ${JSON.stringify(apiVersion)}`
    return { ok: false, faults: [{ code: 'unknown_api_version', path: ['apiVersion'], message, expected: API }] }
  }
  return kind === 'SipTrunk' ? readSipTrunk(value) : readDispatchRule(value)
}

function kindFault(kind: unknown): Fault {
  const expected = (typeof kind === 'string' ? nearestName(kind, KINDS) : undefined) ?? KINDS.join(' | ')
  const message = kind === undefined ? 'is required' : `is ${JSON.stringify(kind)}`
  return { code: 'unknown_kind', path: ['kind'], message, expected }
}

/** `KIND NAMESPACE/NAME` of an object. Undefined if its kind or name cannot be read. */
function objectText(value: unknown): string | undefined {
  if (!isRecord(value) || !isRecord(value['metadata'])) return undefined
  const { kind, metadata } = value
  const { name, namespace = 'default' } = metadata
  const texts = [kind, namespace, name].every((part) => typeof part === 'string')
  return texts ? `${String(kind)} ${String(namespace)}/${String(name)}` : undefined
}
