/** RFC 3339 with microseconds, as Kubernetes writes a MicroTime, of milliseconds since 1970. */
export function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z')
}
