/**
 * The error where an object has none of the fields of which the schema demands one. `rest` is what is left of the object
 * once every field has been read: where the compiler forgets a field, the rest has it, and does not fit the type.
 */
export function unreadField(what: string, rest: Readonly<Record<string, never>>): TypeError {
  const names = Object.keys(rest).join(', ')
  return new TypeError(
    `${what} without a field that the compiler knows: read it by its schema first${names && `: ${names}`}`,
  )
}
