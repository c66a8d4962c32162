import { describe, expect, it } from '@jest/globals'
import { reasonPhrase } from '../../../../operator/compile/reason-phrase.ts'

describe('the reason phrase of a status', () => {
  it.each([
    [404, 'Not Found'],
    [486, 'Busy Here'],
    [503, 'Service Unavailable'],
    [603, 'Decline'],
    [499, 'Request Failure'],
    [599, 'Server Failure'],
    [699, 'Global Failure'],
  ])('%d is %s', (status, phrase) => {
    expect(reasonPhrase(status)).toBe(phrase)
  })
})
