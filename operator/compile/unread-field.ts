/**
 * Makes the error for an object that has none of the fields that the compiler reads. `rest` has all other fields of the object.
 * The type of `rest` allows no fields. So if the compiler forgets a field of the schema, `tsc` reports an error.
 */
export function unreadField(what: string, rest: Readonly<Record<string, never>>): TypeError {
  const names = Object.keys(rest).join(', ')
  return new TypeError(
    `${what} without a field that the compiler knows: read it by its schema first${names && `: ${names}`}`,
  )
}
