import { describe, expect, it } from '@jest/globals'
import { readDispatchRule } from '../../../../crds/schema/dispatch-rule.ts'
import { templateProblem } from '../../../../operator/compile/rule-template.ts'

/** What is wrong with a rule that sets X-A to these values, the first of them to X-A1. */
function problem(...values: readonly string[]): string | undefined {
  const set = values.map((value, i) => ({ name: `X-A${i + 1}`, value }))
  const read = readDispatchRule({
    apiVersion: 'sipdispatch.dev/v1alpha1',
    kind: 'DispatchRule',
    metadata: { name: 'a', namespace: 'default' },
    spec: { action: { type: 'Route', route: { backends: [{ uri: 'sip:10.0.0.5' }], headers: { set } } } },
  })
  if (!read.ok) throw new Error(JSON.stringify(read.faults))
  return templateProblem(read.object)
}

describe('a header that a rule sets', () => {
  it.each(['Grüße 👋', '{called}', '"{calling}" <sip:{calling}@a.example>;t={trunk}', 'a > "b', '<sip:%a@%>'])(
    'may be %s',
    (value) => {
      expect(problem(value)).toBeUndefined()
    },
  )

  it.each([
    ['a\u2028b', 'U+2028'],
    ['a\u2029', 'U+2029'],
    ['\u200b', 'U+200B'],
    ['\u202eb', 'U+202E'],
    ['\ufeff', 'U+FEFF'],
    ['a\u00adb', 'U+00AD'],
    ['\u{e0041}', 'U+E0041'],
  ])('holds nothing that ends a line or cannot be seen: %j', (value, character) => {
    expect(problem(value)).toMatch(`headers.set X-A1: the value holds ${character}`)
  })

  it('is told with every other that is wrong', () => {
    expect(problem('<sip:{called}>', '{called}', '"{rule}')).toBe(
      'headers.set X-A1: {called} stands in the host of a URI: write it into a user part, as <sip:{called}@host>, or between quotation marks; headers.set X-A3: {rule} stands behind a quotation mark that is never closed',
    )
  })
})
