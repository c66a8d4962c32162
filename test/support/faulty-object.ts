import type { ObjectReading } from '../../crds/schema/read-object.ts'

/** A copy of an object with one field, such as `spec.sources`, set to a value; undefined removes the field. */
export function withField(object: object, path: string, value: unknown): Record<string, unknown> {
  const [first = '', ...rest] = path.split('.')
  const copy: Record<string, unknown> = { ...object }
  const inner = copy[first]
  copy[first] = rest.length > 0 && inner && typeof inner === 'object' ? withField(inner, rest.join('.'), value) : value
  if (copy[first] === undefined) delete copy[first]
  return copy
}

/** Each fault of a reading as `path: message (expected …)`; empty without a fault. */
export function faultsOf(reading: ObjectReading<unknown>): string[] {
  if (reading.ok) return []
  return reading.faults.map(({ path, message, expected }) => {
    return `${path.join('.')}: ${message}${expected === undefined ? '' : ` (expected ${expected})`}`
  })
}
