import { describe, expect, it } from '@jest/globals'
import { HEADER, headerIdOf, idOfBytes, isListHeader } from '../../../../../ingress/sip/message/header-name.ts'

const COMPACT = [
  ['v', 'Via'],
  ['f', 'From'],
  ['t', 'To'],
  ['i', 'Call-ID'],
  ['m', 'Contact'],
  ['l', 'Content-Length'],
  ['c', 'Content-Type'],
  ['s', 'Subject'],
  ['k', 'Supported'],
  ['e', 'Content-Encoding'],
  ['a', 'Accept-Contact'],
  ['b', 'Referred-By'],
  ['d', 'Request-Disposition'],
  ['j', 'Reject-Contact'],
  ['n', 'Identity-Info'],
  ['o', 'Event'],
  ['r', 'Refer-To'],
  ['u', 'Allow-Events'],
  ['x', 'Session-Expires'],
  ['y', 'Identity'],
] as const

describe('header names', () => {
  it.each(COMPACT)('take the compact form %s as %s in any case (RFC 3261 §7.3.3)', (compact, long) => {
    const id = headerIdOf(long)
    expect(id).not.toBe(HEADER.other)
    expect([compact, compact.toUpperCase(), long.toUpperCase(), long.toLowerCase()].map(headerIdOf)).toEqual([
      id,
      id,
      id,
      id,
    ])
  })

  it('give every numbered header another number', () => {
    const ids = Object.values(HEADER)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('know every header that routing reads', () => {
    const names = [
      'Max-Forwards',
      'Route',
      'Record-Route',
      'Require',
      'Proxy-Require',
      'Max-Breadth',
      'Privacy',
      'Date',
    ]
    const known = [HEADER.maxForwards, HEADER.route, HEADER.recordRoute, HEADER.require]
    expect(names.map(headerIdOf)).toEqual([
      ...known,
      HEADER.proxyRequire,
      HEADER.maxBreadth,
      HEADER.privacy,
      HEADER.date,
    ])
  })

  it.each(['', 'Vi', 'Viaa', 'X-Tenant', 'vv', 'call_id', 'C%6Fntact', 'To:', ' to', 'Call\rID'])(
    'take %j as unknown',
    (name) => {
      expect(headerIdOf(name)).toBe(HEADER.other)
    },
  )

  it('are found inside a larger buffer', () => {
    const bytes = Buffer.from('xxCall-IDxx')
    expect(idOfBytes(bytes, 2, 9)).toBe(HEADER.callId)
    expect(idOfBytes(bytes, 2, 10)).toBe(HEADER.other)
    expect(idOfBytes(bytes, 2, 2)).toBe(HEADER.other)
  })

  it('say which headers are comma-separated lists (RFC 3261 §7.3.1)', () => {
    expect([HEADER.via, HEADER.route, HEADER.contact, HEADER.supported].every(isListHeader)).toBe(true)
    const single = [HEADER.authorization, HEADER.proxyAuthorization, HEADER.date, HEADER.subject, HEADER.other]
    expect(single.some(isListHeader)).toBe(false)
  })
})
