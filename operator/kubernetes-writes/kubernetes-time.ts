/** Times in the form in which the API server stores them (RFC 3339), made from milliseconds since 1970. */

/** A metav1.Time: whole seconds. */
export function secondTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}

/** A metav1.MicroTime: with microseconds. */
export function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z')
}
