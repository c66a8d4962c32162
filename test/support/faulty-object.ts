import type { ObjectReading } from '../../crds/schema/read-object.ts'

/** A copy of an object with one field, `spec.sources`, set; undefined takes the field away. */
export function withField(object: object, path: string, value: unknown): Record<string, unknown> {
  const [first = '', ...rest] = path.split('.')
  const copy: Record<string, unknown> = { ...object }
  const inner = copy[first]
  copy[first] = rest.length > 0 && inner && typeof inner === 'object' ? withField(inner, rest.join('.'), value) : value
  if (copy[first] === undefined) delete copy[first]
  return copy
}

/** Each fault of a reading as `path: message (expected …)`; empty when there is none. */
export function faultsOf(reading: ObjectReading<unknown>): string[] {
  if (reading.ok) return []
  return reading.faults.map(({ path, message, expected }) => {
    return `${path.join('.')}: ${message}${expected === undefined ? '' : ` (expected ${expected})`}`
  })
}
