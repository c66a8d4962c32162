const METHODS = [
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

/** The method at `start`..`end`. For a registered method, the string is shared, so that no memory is needed. */
export function methodOf(bytes: Buffer, start: number, end: number): string {
  for (const method of METHODS) if (bytesAre(bytes, { start, end, text: method })) return method
  return bytes.toString('latin1', start, end)
}

/** Whether the bytes are exactly this ASCII text. Upper and lower case differ, as in methods (RFC 3261 §7.1). */
export function bytesAre(bytes: Buffer, part: { start: number; end: number; text: string }): boolean {
  const { start, end, text } = part
  if (end - start !== text.length) return false
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false
  return true
}
