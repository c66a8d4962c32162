/** The text of a thrown value, for people to read. If an error has no message, the text names the error. */
export function errorText(error: unknown): string {
  // `instanceof` is not used, because an error that comes from another realm is an error too.
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined
  return typeof message === 'string' && message !== '' ? message : String(error)
}
