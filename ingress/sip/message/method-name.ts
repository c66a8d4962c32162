import { latin1 } from './byte-class.ts'

/** The registered methods, each at the place of its id. Id 0 stands for all others. */
const METHODS = [
  '',
  'INVITE',
  'ACK',
  'BYE',
  'CANCEL',
  'OPTIONS',
  'REGISTER',
  'PRACK',
  'SUBSCRIBE',
  'NOTIFY',
  'PUBLISH',
  'INFO',
  'REFER',
  'MESSAGE',
  'UPDATE',
] as const

/** The id of a method without a number of its own. */
export const OTHER_METHOD = 0

/** The id of the method at `start`..`end`. */
export function methodIdAt(bytes: Buffer, start: number, end: number): number {
  const first = bytes[start]
  for (let id = 1; id < METHODS.length; id++) {
    const method = METHODS[id] ?? ''
    if (method.charCodeAt(0) === first && method.length === end - start && bytesAre(bytes, start, method)) return id
  }
  return OTHER_METHOD
}

/** The method at `start`..`end`. For a registered method, the string is shared, so that no memory is needed. */
export function methodOf(bytes: Buffer, start: number, end: number): string {
  return METHODS[methodIdAt(bytes, start, end)] || latin1(bytes, start, end)
}

/** Whether this ASCII text is at this offset. Upper and lower case differ, as in methods (RFC 3261 §7.1). */
export function bytesAre(bytes: Buffer, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false
  return true
}
