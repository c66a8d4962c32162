import { CacheContentError } from './cache-content-error.ts'
import { CACHE_PROTOCOL } from './cache-keys.ts'
import {
  type Check,
  type Finding,
  isObject,
  list,
  oneOf,
  record,
  text,
  textThat,
  wholeNumber,
} from './content-check.ts'
import { MAX_EPOCH, MAX_INSTALLATION_LENGTH, MAX_REPORTED_BACKENDS, MAX_TEXT_LENGTH, MAX_VERSION } from './limits.ts'
import { parseJson } from './table-codec.ts'

/**
 * A point in the history of a table. A position with a higher epoch is always later. In one epoch, a higher version is
 * later.
 */
export interface TablePosition {
  /** Term of the leader that wrote the table. The cache refuses a writer with a lower term. */
  readonly epoch: number
  /**
   * Rises by one with every change. A new epoch continues the count. If an epoch has used all versions, the next epoch
   * starts again at 0.
   */
  readonly version: number
}

/** The facts about the table in the shared cache. */
export interface CacheHead extends TablePosition {
  /** The installation that writes under this prefix. Two installations must not share a prefix. */
  readonly installation: string
  /** The checksum of all entries, in the form of `checksumText`. */
  readonly checksum: string
  /** Number of entries. */
  readonly entries: number
}

/** A whole table in the form that it has in the cache. The entries are still text, and the checksum is not verified yet. */
export interface TableSnapshot {
  readonly head: CacheHead
  /** The JSON of each entry by its key. */
  readonly entries: ReadonlyMap<string, string>
}

/** A pod, and the position of the pod's table. */
export interface ReaderReport extends TablePosition {
  readonly pod: string
  /** The names of the backends that the pod has found down for some time. Absent: none. */
  readonly down?: readonly string[]
}

/** Compares two positions. Negative if `a` is older. */
export function comparePositions(a: TablePosition, b: TablePosition): number {
  return a.epoch - b.epoch || a.version - b.version
}

type StoredHead = CacheHead & { readonly protocol: string }

const position = { epoch: wholeNumber(0, MAX_EPOCH), version: wholeNumber(0, MAX_VERSION) }

/** The check of a stored head. The protocol is text, so that a script can compare it without reading a number. */
const storedHead: Check<StoredHead> = record<StoredHead>({
  protocol: oneOf(String(CACHE_PROTOCOL)),
  installation: text(MAX_INSTALLATION_LENGTH),
  ...position,
  checksum: textThat((value) => /^[0-9a-f]{13}$/.test(value), '13 hexadecimal digits', MAX_TEXT_LENGTH),
  entries: wholeNumber(0, MAX_VERSION),
})

export function encodeHead({ installation, epoch, version, checksum, entries }: CacheHead): string {
  return JSON.stringify({ protocol: String(CACHE_PROTOCOL), installation, epoch, version, checksum, entries })
}

/**
 * Reads a head. Throws `CacheContentError`. The error's code is `cache-protocol` if another version of the program wrote
 * the head.
 */
export function decodeHead(json: string, key = 'head'): CacheHead {
  const finding: Finding = { field: '', expected: '' }
  const value = parseJson(key, json, MAX_TEXT_LENGTH)
  if (isObject(value) && typeof value['protocol'] === 'string' && value['protocol'] !== String(CACHE_PROTOCOL)) {
    const expected = `${CACHE_PROTOCOL}, not ${value['protocol'].slice(0, 32)}`
    throw new CacheContentError({ key, field: 'protocol', expected }, 'cache-protocol')
  }
  if (!storedHead(value, finding)) throw new CacheContentError({ key, ...finding })
  const { installation, epoch, version, checksum, entries } = value
  return { installation, epoch, version, checksum, entries }
}

const storedPosition: Check<TablePosition> = record<TablePosition>(position)

export function encodePosition({ epoch, version }: TablePosition): string {
  return JSON.stringify({ epoch, version })
}

/** Reads the report of a pod. Throws `CacheContentError`. */
export function decodeReport(pod: string, json: string): ReaderReport {
  const key = `reader:${pod}`
  const finding: Finding = { field: '', expected: '' }
  const value = parseJson(key, json, MAX_TEXT_LENGTH)
  if (!storedPosition(value, finding)) throw new CacheContentError({ key, ...finding })
  return { pod, epoch: value.epoch, version: value.version }
}

const storedNames: Check<readonly string[]> = list(text(MAX_TEXT_LENGTH), MAX_REPORTED_BACKENDS)

export function encodeDownBackends(names: readonly string[]): string {
  return JSON.stringify(names.slice(0, MAX_REPORTED_BACKENDS))
}

/** Reads the names of the backends that a pod has found down. Throws `CacheContentError`. */
export function decodeDownBackends(pod: string, json: string): readonly string[] {
  const key = `reader:${pod}:down`
  const finding: Finding = { field: '', expected: '' }
  const value = parseJson(key, json, MAX_REPORTED_BACKENDS * MAX_TEXT_LENGTH)
  if (!storedNames(value, finding)) throw new CacheContentError({ key, ...finding })
  return value
}
