/**
 * The error if an object has none of the fields of which the schema requires one. `rest` is the object without the fields that
 * the compiler reads. If the compiler forgets a field, `rest` has that field, and does not fit its type.
 */
export function unreadField(what: string, rest: Readonly<Record<string, never>>): TypeError {
  const names = Object.keys(rest).join(', ')
  return new TypeError(
    `${what} without a field that the compiler knows: read it by its schema first${names && `: ${names}`}`,
  )
}
