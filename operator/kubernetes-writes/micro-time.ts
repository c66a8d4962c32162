/** Formats milliseconds since 1970 as a MicroTime of Kubernetes: RFC 3339 with microseconds. */
export function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z')
}
