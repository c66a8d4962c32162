import { describe, expect, it } from '@jest/globals'
import { bestResponse } from '../../../../../ingress/sip/proxy/best-response.ts'

const best = (...statuses: number[]) => bestResponse(statuses.map((status) => ({ status })))?.status

describe('the response that goes to the caller (RFC 3261 §16.7 step 6)', () => {
  it('is a 6xx wherever there is one', () => {
    expect(best(404, 603, 302)).toBe(603)
  })

  it('is of the lowest class', () => {
    expect(best(500, 486)).toBe(486)
    expect(best(486, 302, 504)).toBe(302)
  })

  it.each([401, 407, 415, 420, 484])(
    'prefers %i inside the class, because it says how to repair the request',
    (status) => {
      expect(best(404, status, 486)).toBe(status)
    },
  )

  it('is the latest of equals', () => {
    const responses = [
      { status: 404, from: 1 },
      { status: 486, from: 2 },
    ]
    expect(bestResponse(responses)).toEqual({ status: 486, from: 2 })
  })

  it('is never a 503: where there is nothing else, there is nothing', () => {
    expect(best(503, 500)).toBe(500)
    expect(best(503, 503)).toBeUndefined()
    expect(best()).toBeUndefined()
  })
})
