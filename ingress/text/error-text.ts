/** What was thrown, as people read it; an error without a message is named. */
export function errorText(error: unknown): string {
  // Not by `instanceof`: an error that comes from another realm is one, too.
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined
  return typeof message === 'string' && message !== '' ? message : String(error)
}
