/**
 * Thrown where none of the fields is set of which the schema demands one. What is left of the object once every field has
 * been looked at is handed in: a field that the compiler has forgotten does not fit the type.
 */
export function unreadField(what: string, rest: Readonly<Record<string, never>>): TypeError {
  const names = Object.keys(rest).join(', ')
  return new TypeError(
    `${what} without a field that the compiler knows: read it by its schema first${names && `: ${names}`}`,
  )
}
