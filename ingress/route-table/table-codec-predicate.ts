import { anyText, type Check, list, oneOf, record, refuse, truth, variants } from './content-check.ts'
import { MAX_LIST_LENGTH, MAX_TEXT_LENGTH } from './limits.ts'
import { isDigits } from './number-key.ts'
import type { HeaderPredicate, NumberPredicate } from './route-table.ts'
import { plainText } from './table-codec-action.ts'

const pattern = anyText(MAX_TEXT_LENGTH)
const user = anyText(MAX_TEXT_LENGTH)

type OfType<T extends { readonly type: string }, K extends T['type']> = Extract<T, { readonly type: K }>
type Range = OfType<NumberPredicate, 'range'>

const rangeFields = record<Range>({ type: oneOf('range'), from: user, to: user })

const range: Check<Range> = (value, finding): value is Range => {
  if (!rangeFields(value, finding)) return false
  const { from, to } = value
  return (from.length === to.length && isDigits(from) && isDigits(to)) || refuse(finding, 'two equally long numbers')
}

/** The check of a list of number predicates. */
export const numbers = list(
  variants<NumberPredicate, 'type'>('type', {
    exact: record<OfType<NumberPredicate, 'exact'>>({ type: oneOf('exact'), value: user }),
    prefix: record<OfType<NumberPredicate, 'prefix'>>({ type: oneOf('prefix'), value: user }),
    range,
    regex: record<OfType<NumberPredicate, 'regex'>>({ type: oneOf('regex'), pattern }),
  }),
  MAX_LIST_LENGTH,
)

/** The check of a list of header predicates. */
export const headers = list(
  variants<HeaderPredicate, 'type'>('type', {
    exact: record<OfType<HeaderPredicate, 'exact'>>({ type: oneOf('exact'), name: plainText, value: plainText }),
    prefix: record<OfType<HeaderPredicate, 'prefix'>>({ type: oneOf('prefix'), name: plainText, value: plainText }),
    regex: record<OfType<HeaderPredicate, 'regex'>>({ type: oneOf('regex'), name: plainText, pattern }),
    present: record<OfType<HeaderPredicate, 'present'>>({ type: oneOf('present'), name: plainText, present: truth }),
  }),
  MAX_LIST_LENGTH,
)
