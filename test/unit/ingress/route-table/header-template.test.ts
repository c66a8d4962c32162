import { describe, expect, it } from '@jest/globals'
import { parseHeaderTemplate } from '../../../../ingress/route-table/header-template.ts'

/** The places of a template's placeholders, in order; one that must not be empty has an exclamation mark. */
function places(template: string): string[] {
  return parseHeaderTemplate(template).parts.flatMap((part) =>
    typeof part === 'string' ? [] : [`${part.place}${part.alone ? '!' : ''}`],
  )
}

describe('a placeholder stands', () => {
  it.each([
    ['{called}', ['text']],
    ['by {trunk}, for {called}-{calling}', ['text', 'text', 'text']],
    ['name={called}', ['text']],
    ['"{calling}" <sip:{calling}@trusted.example>', ['quoted', 'uri!']],
    ['"a \\" {called}"', ['quoted']],
    ['"a \\\\{called}"', ['quoted']],
    ['"<sip:{called}" {called}', ['quoted', 'text']],
    ['<sip:{calling}@trusted.example>', ['uri!']],
    ['<sips:9{calling}@trusted.example;user=phone>', ['uri']],
    ['<sip:{called};ext={calling}@trusted.example>', ['uri!', 'uri!']],
    ['<sip:a@b;tenant={trunk}>;why={rule}', ['uri!', 'token!']],
    ['<sip:a@b>;why="{calling}"', ['quoted']],
    ['"a;b" <sip:a@b;c> {called}', ['text']],
    ['a;b=1, {called}', ['text']],
    ['<tel:{calling};phone-context={trunk}>', ['uri!', 'uri!']],
    ['<https://crm.example/call?n={calling}&t={trunk}>', ['query!', 'query!']],
    ['sip:{calling}@trusted.example', ['uri!']],
    ['sip:{called};ext={calling}@trusted.example;x={rule}', ['uri!', 'text', 'token!']],
    ['tel:{calling}', ['uri!']],
    ['{called};tenant={calling}', ['text', 'token!']],
    ['100% {called}', ['text']],
    ['"100%{called}"', ['quoted']],
  ])('%s: %j', (template, expected) => {
    expect([places(template), parseHeaderTemplate(template).unclear]).toEqual([expected, undefined])
  })

  it.each([
    ['<sip:{called}>', 'host of a URI'],
    ['<sip:a@{called}>', 'host of a URI'],
    ['<sip:a@b:{called}>', 'host of a URI'],
    ['<sip:{trunk}@{called}.example>', 'host of a URI'],
    ['sip:{called}', 'host of a URI'],
    ['sip:a@{called}', 'host of a URI'],
    ['uri=sip:a@{called}', 'host of a URI'],
    ['a@{called}', 'place of a host'],
    ['<sip:a:{called}@b>', 'password'],
    ['<sip:a@b@{called}>', 'more than one @'],
    ['<sip:a@b;{called}=1>', 'name of a parameter'],
    ['<sip:a@b;maddr={called}>', 'parameter maddr'],
    ['<sip:a@b;TRANSPORT={called}>', 'parameter TRANSPORT'],
    ['<sip:a@b?Subject={called}>', 'headers of a URI'],
    ['sip:a@b?Subject={called}', 'headers of a URI'],
    ['a;{called}', 'name of a parameter'],
    ['a;{called}=b', 'name of a parameter'],
    ['<{called}>', 'scheme'],
    ['<{called}:a@b>', 'scheme'],
    ['<https://{called}.example>', 'host or the path'],
    ['<https://crm.example/{called}?a>', 'host or the path'],
    ['<urn:service:{called}>', 'urn URI'],
    ['"{called}', 'never closed'],
    ['a" {called}', 'never closed'],
    ['"{called}\\"', 'never closed'],
    ['<sip:{called}@b', 'never closed'],
    ['"a\\{called}"', 'backslash'],
    ['<sip:%{called}@b>', 'behind a %'],
    ['%4{called}', 'behind a %'],
  ])('%s: where nothing can be escaped, which is told', (template, problem) => {
    expect(parseHeaderTemplate(template).unclear?.problem).toMatch(problem)
  })

  it('in the place that allows least where its place is unclear', () => {
    expect(places('<sip:{trunk}@{called}>')).toEqual(['uri!', 'token'])
  })
})

it('the parts of a template are its text, in order', () => {
  expect(parseHeaderTemplate('a{called}{rule}b').parts).toMatchObject(['a', { name: 'called' }, { name: 'rule' }, 'b'])
  expect(parseHeaderTemplate('{other} {called').parts).toEqual(['{other} {called'])
})
