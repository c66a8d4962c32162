/**
 * Returns the error for an object that has none of several fields, although the schema requires one of these fields. `rest` is
 * the object without the fields that the compiler reads. If the compiler forgets a field, `rest` has that field and does not fit
 * the parameter's type, so `tsc` reports the forgotten field.
 */
export function unreadField(what: string, rest: Readonly<Record<string, never>>): TypeError {
  const names = Object.keys(rest).join(', ')
  return new TypeError(
    `${what} without a field that the compiler knows: read it by its schema first${names && `: ${names}`}`,
  )
}
