import { z } from 'zod'
import { MAX_NUMBER_LENGTH, MAX_NUMBERS } from './limits.ts'
import { numberText, regexText } from './message-text.ts'
import { exactlyOneOf, withRules } from './validation-rule.ts'

const rangeBound = z
  .string()
  .min(1)
  .max(MAX_NUMBER_LENGTH)
  .regex(/^\+?[0-9]+$/, 'is not a number: digits, with or without a leading +')

const range = withRules(
  z.strictObject({
    from: rangeBound.describe('The first number of the range: digits, with or without a leading +.'),
    to: rangeBound.describe('The last number of the range, as long as the first and written in the same form.'),
  }),
  {
    // Before a call is compared, all numbers get one common form. Two bounds that were written in different forms (`+1…`,
    // `001…` or `1…`) could then differ in length.
    cel: "self.from.size() == self.to.size() && self.from.startsWith('+') == self.to.startsWith('+') && self.from.startsWith('00') == self.to.startsWith('00')",
    message: 'from and to must be equally long and written in the same form (both with +, both with 00, or neither)',
    holds: ({ from, to }) =>
      from.length === to.length && ['+', '00'].every((start) => from.startsWith(start) === to.startsWith(start)),
  },
  {
    cel: 'self.from.size() != self.to.size() || self.from <= self.to',
    message: 'from must not be greater than to',
    holds: ({ from, to }) => from.length !== to.length || from <= to,
  },
)

const numberMatch = withRules(
  z.strictObject({
    exact: numberText
      .optional()
      .describe(
        'The whole number, such as +15551234567; how it is punctuated does not matter. Without + the digits hold with it and without, so that 911 is what was dialled. Or a name or code that is not a number, such as lobby or *21#.',
      ),
    prefix: numberText
      .optional()
      .describe('What the number begins with, such as +1555. Without + the digits hold with it and without.'),
    range: range
      .optional()
      .describe(
        'Numbers from one to another, both included, and as long as the bounds themselves: from 100 to 199 holds for 150 and not for 1500. Without + they hold with it and without.',
      ),
    regex: regexText
      .optional()
      .describe(
        'An RE2 expression, searched anywhere in the canonical number, which begins with + unless it is what was dialled, such as 911: anchor it with ^ and $, as in ^\\+1(555|556)[0-9]{7}$.',
      ),
  }),
  exactlyOneOf('exact', 'prefix', 'range', 'regex'),
)

/** A number condition as users write it. It has exactly one field. */
export type NumberMatch = z.output<typeof numberMatch>

/** A list of number conditions. At least one of them must hold. An empty list holds for every number. */
export const numberMatches = z.array(numberMatch).max(MAX_NUMBERS).default([])
