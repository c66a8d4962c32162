import { describe, expect, it } from '@jest/globals'
import { answerError, watchError } from '../../../../operator/api/api-error.ts'

function status(reason: string, message = 'because') {
  return JSON.stringify({ kind: 'Status', reason, message })
}

describe('an answer other than 2xx', () => {
  it.each([
    [401, 'Unauthorized', 'api_unauthorized'],
    [403, 'Forbidden', 'api_forbidden'],
    [404, 'NotFound', 'api_not_found'],
    [409, 'Conflict', 'api_conflict'],
    [409, 'AlreadyExists', 'api_already_exists'],
    [410, 'Expired', 'api_expired'],
    [422, 'Invalid', 'api_invalid'],
    [429, 'TooManyRequests', 'api_throttled'],
    [500, 'InternalError', 'api_unavailable'],
    [503, 'ServiceUnavailable', 'api_unavailable'],
  ])('%i %s is %s', (code, reason, expected) => {
    const error = answerError({ status: code, retryAfter: undefined, body: status(reason) })
    expect(error).toMatchObject({ code: expected, status: code, reason, retryAfterMilliseconds: undefined })
    expect(error.message).toBe(`the API server answered ${code}: because`)
  })

  it('is an expired version where the version lies in the future of the server', () => {
    const body = status('Timeout', 'Too large resource version: 900, current: 80')
    expect(answerError({ status: 504, retryAfter: undefined, body }).code).toBe('api_expired')
  })

  it('without a Status says what it says, cut short', () => {
    const body = `<html>${'x'.repeat(1000)}`
    expect(answerError({ status: 502, retryAfter: undefined, body }).message).toHaveLength(
      'the API server answered 502: '.length + 200,
    )
    expect(answerError({ status: 502, retryAfter: undefined, body: '' }).message).toBe('the API server answered 502')
  })

  it.each([
    ['1', 1_000],
    ['86400', 300_000],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
  ])('asks with Retry-After %s for a wait of %s ms', (retryAfter, expected) => {
    expect(answerError({ status: 429, retryAfter, body: '' }).retryAfterMilliseconds).toBe(expected)
  })

  it('means the same as an event inside a watch', () => {
    const expired = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' }
    expect(watchError(expired)).toMatchObject({ code: 'api_expired', status: 410, reason: 'Expired' })
    expect(watchError({ kind: 'Status' }).code).toBe('api_unavailable')
  })
})
