import { describe, expect, it } from '@jest/globals'
import { type AnsweredCall, answerCall, backendSide } from '../../support/answered-call.ts'
import { B1, type Harness, PEER, STRANGER, startHarness, TEST_COOKIE_KEY } from '../../support/engine-harness.ts'
import { headerOf, methodOf, type RequestText, requestText, responseText, statusOf } from '../../support/sip-text.ts'

const NEW_KEY = Buffer.alloc(32, 9)

/** What a BYE of the caller leads to: its last status (0: none), and whether B1 got it. */
function bye(harness: Harness, { inDialog }: AnsweredCall, change: RequestText = {}, from = PEER) {
  const before = harness.sentTo(from).length
  const via = `SIP/2.0/UDP ${from};branch=z9hG4bK-bye`
  harness.network.deliver(from, requestText({ method: 'BYE', cseq: 2, ...inDialog, via, ...change }))
  const status = harness.sentTo(from).slice(before).map(statusOf).at(-1) ?? 0
  return { status, relayed: harness.sentTo(B1).some((text) => methodOf(text) === 'BYE') }
}

/** The route set with its cookie changed. */
function withCookie({ inDialog }: AnsweredCall, change: (cookie: string) => string): RequestText {
  const extra = (inDialog.extra ?? []).map((line) =>
    line.replace(/sdc=([\w-]+)/, (_, text: string) => `sdc=${change(text)}`),
  )
  return { extra }
}

const RELAYED = { status: 0, relayed: true }
const REFUSED = { status: 481, relayed: false }

describe('a valid cookie', () => {
  it('D-02: is good at another pod, and after a restart with the same key', async () => {
    const call = answerCall(await startHarness())
    const other = await startHarness()
    expect(bye(other, call)).toEqual(RELAYED)
    other.network.deliver(B1, responseText(other.sentTo(B1)[0] ?? '', 200))
    expect(other.sentTo(PEER).map(statusOf)).toEqual([200])
  })

  it('D-02: is good from the backend at another pod, which does not know the call', async () => {
    const call = answerCall(await startHarness())
    const other = await startHarness()
    other.network.deliver(B1, requestText({ ...backendSide(call), method: 'BYE', cseq: 7 }))
    expect(other.sentTo(PEER).map(methodOf)).toEqual(['BYE'])
  })

  it('D-02: is good under the previous key while a new one seals', async () => {
    const call = answerCall(await startHarness())
    const rotated = await startHarness({ engine: { cookieKeys: [NEW_KEY, TEST_COOKIE_KEY] } })
    expect(bye(rotated, call)).toEqual(RELAYED)
    const fresh = answerCall(await startHarness({ engine: { cookieKeys: [NEW_KEY, TEST_COOKIE_KEY] } }))
    expect(bye(await startHarness({ engine: { cookieKeys: [NEW_KEY] } }), fresh)).toEqual(RELAYED)
  })

  it('D-02: is good from wherever the packet comes: the caller may have moved', async () => {
    const harness = await startHarness()
    const call = answerCall(harness)
    expect(bye(harness, call, {}, STRANGER)).toEqual(RELAYED)
    harness.network.deliver(B1, responseText(harness.sentTo(B1).at(-1) ?? '', 200))
    expect(harness.sentTo(STRANGER).map(statusOf)).toEqual([200])
  })
})

describe('a request with a To tag and no valid cookie', () => {
  it('D-04: is refused with 481 where there is no cookie', async () => {
    const harness = await startHarness()
    const call = answerCall(harness)
    expect(bye(harness, call, { extra: [] })).toEqual(REFUSED)
    expect(bye(harness, call, { extra: [`Route: <sip:192.0.2.1;lr>, <sip:${B1};lr>`] })).toEqual(REFUSED)
  })

  it.each(['INVITE', 'UPDATE', 'INFO', 'PRACK', 'REFER', 'NOTIFY', 'OPTIONS', 'MESSAGE', 'FOO'])(
    'D-04: is refused with 481 as %s',
    async (method) => {
      const harness = await startHarness()
      harness.network.deliver(PEER, requestText({ method, to: '<sip:a@b>;tag=made-up' }))
      expect(harness.sentTo(PEER).map(statusOf)).toEqual([481])
      expect(harness.sentTo(B1)).toEqual([])
    },
  )

  it.each([
    ['another Call-ID', { callId: 'call-2@198.51.100.7' }],
    ['another From tag', { from: '<sip:+15559876543@198.51.100.7>;tag=other' }],
    ['no From tag in a branch without the magic cookie', { from: '<sip:a@b>', via: `SIP/2.0/UDP ${PEER};branch=1` }],
  ])('D-04: is refused with 481 where the cookie is of %s', async (_what, change) => {
    const harness = await startHarness()
    const call = answerCall(harness)
    expect(bye(harness, call, change)).toEqual(REFUSED)
  })

  it('D-04: is refused with 481 where the key is gone', async () => {
    const call = answerCall(await startHarness())
    expect(bye(await startHarness({ engine: { cookieKeys: [NEW_KEY] } }), call)).toEqual(REFUSED)
  })

  it('D-04: is refused with 481 where the caller uses the cookie of the backend', async () => {
    const harness = await startHarness()
    const call = answerCall(harness)
    const extra = headerOf(call.invite, 'Record-Route').map((route) => `Route: ${route}`)
    expect(bye(harness, call, { extra })).toEqual(REFUSED)
  })

  it('D-04: is refused with 481 where the backend uses the cookie of the caller', async () => {
    const harness = await startHarness()
    const call = answerCall(harness)
    const before = harness.sentTo(PEER).length
    const extra = headerOf(call.ok, 'Record-Route').map((route) => `Route: ${route}`)
    harness.network.deliver(B1, requestText({ ...backendSide(call), method: 'BYE', extra }))
    expect(statusOf(harness.sentTo(B1).at(-1) ?? '')).toBe(481)
    expect(harness.sentTo(PEER)).toHaveLength(before)
  })

  it('D-04: is refused with 481 where the cookie is cut anywhere', async () => {
    const harness = await startHarness()
    const call = answerCall(harness)
    const { length } = headerOf(call.ok, 'Record-Route')[0]?.match(/sdc=([\w-]+)/)?.[1] ?? ''
    expect(length).toBeGreaterThan(40)
    for (let to = 0; to < length; to++) {
      const change = withCookie(call, (cookie) => cookie.slice(0, to))
      const via = `SIP/2.0/UDP ${PEER};branch=z9hG4bK-cut-${to}`
      expect({ to, ...bye(harness, call, { ...change, via }) }).toEqual({ to, ...REFUSED })
    }
  })

  it('D-04: is refused with 481 where any byte of the cookie is changed', async () => {
    const harness = await startHarness()
    const call = answerCall(harness)
    const bytes = Buffer.from(headerOf(call.ok, 'Record-Route')[0]?.match(/sdc=([\w-]+)/)?.[1] ?? '', 'base64url')
    for (let at = 0; at < bytes.length; at++) {
      const mutated = Buffer.from(bytes)
      mutated[at] = (mutated[at] ?? 0) ^ (1 << (at % 8))
      const change = withCookie(call, () => mutated.toString('base64url'))
      const via = `SIP/2.0/UDP ${PEER};branch=z9hG4bK-bit-${at}`
      expect({ at, ...bye(harness, call, { ...change, via }) }).toEqual({ at, ...REFUSED })
    }
  })

  it('D-04: is dropped as ACK', async () => {
    const harness = await startHarness()
    harness.network.deliver(PEER, requestText({ method: 'ACK', to: '<sip:a@b>;tag=made-up' }))
    expect(harness.network.sent).toEqual([])
  })

  it('D-04: gets not a byte where the sender is a stranger', async () => {
    const harness = await startHarness()
    const call = answerCall(harness)
    expect(
      bye(
        harness,
        call,
        withCookie(call, (cookie) => cookie.slice(1)),
        STRANGER,
      ),
    ).toEqual({ status: 0, relayed: false })
    expect(harness.sentTo(STRANGER)).toEqual([])
  })
})
