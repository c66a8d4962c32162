import { describe, expect, it } from '@jest/globals'
import { structuralSchema } from '../../../crds/structural-schema.ts'

const inside = (field: object) => ({ type: 'object', properties: { field }, additionalProperties: false })

describe('a structural schema', () => {
  it('keeps what Kubernetes knows and leaves out what it forbids or does not need', () => {
    const source = {
      type: 'object',
      properties: {
        count: { type: 'integer', minimum: 0, maximum: 9, default: 1 },
        names: { type: 'array', maxItems: 2, default: [], items: { type: 'string', maxLength: 5 } },
        kinds: { type: 'array', maxItems: 2, default: ['a'], items: { type: 'string', enum: ['a', 'b'] } },
        time: { type: 'string', format: 'date-time', pattern: '^x$' },
      },
      required: ['count'],
      additionalProperties: false,
      'x-kubernetes-validations': [{ rule: 'true' }],
    }
    expect(structuralSchema(source)).toEqual({
      type: 'object',
      properties: {
        count: { type: 'integer', format: 'int32', minimum: 0, maximum: 9 },
        names: { type: 'array', maxItems: 2, items: { type: 'string', maxLength: 5 } },
        kinds: { type: 'array', maxItems: 2, items: { type: 'string', enum: ['a', 'b'] } },
        time: { type: 'string', format: 'date-time' },
      },
      required: ['count'],
      'x-kubernetes-validations': [{ rule: 'true' }],
    })
  })

  it('has a number or a text where the field says so, with the bounds of both', () => {
    const source = {
      description: 'a port',
      'x-kubernetes-int-or-string': true,
      anyOf: [
        { type: 'integer', minimum: 1, maximum: 9 },
        { type: 'string', maxLength: 5, pattern: '^[a-z]+$' },
      ],
    }
    expect(structuralSchema(inside(source)).properties?.['field']).toEqual({
      description: 'a port',
      'x-kubernetes-int-or-string': true,
      anyOf: [{ type: 'integer' }, { type: 'string' }],
      minimum: 1,
      maximum: 9,
      maxLength: 5,
      pattern: '^[a-z]+$',
    })
  })

  it.each<[string, object, string]>([
    [
      'a number or text of other parts',
      { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'boolean' }] },
      'is no number',
    ],
    ['no type', { maxLength: 1 }, 'needs one type'],
    ['a union', { type: 'string', maxLength: 1, anyOf: [{ pattern: 'a' }] }, 'anyOf has no place'],
    ['a reference', { type: 'object', properties: {}, $ref: '#/x' }, '$ref has no place'],
    [
      'any other field',
      { type: 'object', properties: {}, additionalProperties: {} },
      'additionalProperties has no place',
    ],
    ['names of fields', { type: 'object', properties: {}, propertyNames: {} }, 'propertyNames has no place'],
    ['a list without a bound', { type: 'array', items: { type: 'boolean' } }, 'needs maxItems'],
    ['a text without a bound', { type: 'string' }, 'needs maxLength'],
    ['look-ahead', { type: 'string', maxLength: 1, pattern: '(?=a)' }, 'RE2'],
    ['a back-reference', { type: 'string', maxLength: 1, pattern: '(a)\\1' }, 'RE2'],
  ])('with %s is refused, and the field is named', (_what, field, message) => {
    expect(() => structuralSchema(inside(field))).toThrow('spec.field: ')
    expect(() => structuralSchema(inside(field))).toThrow(message)
  })
})
