/** What was thrown, as people read it. Whatever has no message is named. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error)
}
