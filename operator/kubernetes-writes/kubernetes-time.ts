/** Writes times in the RFC 3339 form in which the API server stores them. The inputs are milliseconds since 1970. */

/** A time as metav1.Time: whole seconds. */
export function secondTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}

/** A time as metav1.MicroTime: with microseconds. */
export function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z')
}
