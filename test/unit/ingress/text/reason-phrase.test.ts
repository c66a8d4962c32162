import { describe, expect, it } from '@jest/globals'
import { reasonPhrase } from '../../../../ingress/text/reason-phrase.ts'

describe('the reason phrase of a status', () => {
  it.each([
    [100, 'Trying'],
    [200, 'OK'],
    [302, 'Moved Temporarily'],
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
