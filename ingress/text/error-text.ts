/** The text of a thrown value, for people to read. If an error has no message, the text names the error. */
export function errorText(error: unknown): string {
  // An error may come from another realm, and `instanceof` would not recognize it. So the test is the `message`.
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined
  return typeof message === 'string' && message !== '' ? message : String(error)
}
