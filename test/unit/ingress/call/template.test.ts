import { describe, expect, it } from '@jest/globals'
import { expandTemplate } from '../../../../ingress/call/template.ts'

const VALUES = { called: '+15551234567', calling: '+1555987', trunk: 'default/acme', rule: 'default/route' }

describe('a template of a rule', () => {
  it.each([
    ['{called}', '+15551234567'],
    ['9{called}', '9+15551234567'],
    ['{trunk}|{rule}|{calling}', 'default/acme|default/route|+1555987'],
    ['plain', 'plain'],
    ['{other} {called', '{other} {called'],
  ])('%s becomes %s', (template, expected) => {
    expect(expandTemplate(template, VALUES)).toBe(expected)
  })

  it('is filled in once: a value in braces is not a template', () => {
    expect(expandTemplate('{called}', { ...VALUES, called: '{rule}' })).toBe('{rule}')
  })
})
