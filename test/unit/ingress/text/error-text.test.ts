import { runInNewContext } from 'node:vm'
import { expect, it } from '@jest/globals'
import { errorText } from '../../../../ingress/text/error-text.ts'

it.each([
  ['an error is its message', new RangeError('too large'), 'too large'],
  ['an error without a message is its name', new RangeError(), 'RangeError'],
  ['an error of another realm is its message', runInNewContext('new Error("gone")'), 'gone'],
  ['a text is itself', 'no', 'no'],
  ['nothing is said as such', undefined, 'undefined'],
])('%s', (_, thrown, text) => {
  expect(errorText(thrown)).toBe(text)
})
