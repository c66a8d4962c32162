import { describe, expect, it } from '@jest/globals'
import { answerCall, backendSide } from '../../support/answered-call.ts'
import {
  B1,
  B2,
  type Harness,
  PEER,
  routeAction,
  ruleEntry,
  startHarness,
  trunkEntry,
} from '../../support/engine-harness.ts'
import { headerOf, methodOf, type RequestText, requestText, responseText, statusOf } from '../../support/sip-text.ts'

const ASSERTED = 'P-Asserted-Identity: <sip:+15550001111@carrier.example>'
const PREFERRED = 'P-Preferred-Identity: <sip:+15550002222@carrier.example>'

function last(harness: Harness, to: string): string {
  return harness.sentTo(to).at(-1) ?? ''
}

function identities(message: string): number[] {
  return [headerOf(message, 'P-Asserted-Identity').length, headerOf(message, 'P-Preferred-Identity').length]
}

/** A trunk whose asserted identities count is inside the trust domain. */
function harnessOf(trunk: 'trusted' | 'untrusted'): Promise<Harness> {
  const callingFrom = trunk === 'trusted' ? 'PAI' : 'From'
  return startHarness({ entries: [trunkEntry({ numbers: { calledFrom: 'RequestURI', callingFrom } }), ruleEntry()] })
}

describe('an asserted identity of the caller', () => {
  it.each([
    ['untrusted', 0],
    ['trusted', 1],
  ] as const)('I-01: reaches the backend only from a trusted trunk: %s', async (trunk, asserted) => {
    const harness = await harnessOf(trunk)
    harness.network.deliver(PEER, requestText({ extra: [ASSERTED, PREFERRED] }))
    expect(identities(last(harness, B1))).toEqual([asserted, 0])
  })

  it.each([
    ['INVITE', 'untrusted', 0],
    ['UPDATE', 'untrusted', 0],
    ['ACK', 'untrusted', 0],
    ['INVITE', 'trusted', 1],
    ['UPDATE', 'trusted', 1],
  ] as const)(
    'I-01: in a %s inside the dialog of a trunk that is %s is treated alike',
    async (method, trunk, asserted) => {
      const harness = await harnessOf(trunk)
      const { inDialog } = answerCall(harness)
      const extra = [...(inDialog.extra ?? []), ASSERTED, PREFERRED]
      harness.network.deliver(PEER, requestText({ method, cseq: 2, ...inDialog, branch: 'z9hG4bK-2', extra }))
      const forwarded = last(harness, B1)
      expect([methodOf(forwarded), identities(forwarded)]).toEqual([method, [asserted, 0]])
    },
  )

  it.each([
    ['INVITE', 'untrusted', 0],
    ['UPDATE', 'untrusted', 0],
    ['UPDATE', 'trusted', 1],
  ] as const)(
    'I-01: in its response to a %s of the backend is treated alike, from a trunk that is %s',
    async (method, trunk, asserted) => {
      const harness = await harnessOf(trunk)
      const call = answerCall(harness)
      harness.network.deliver(B1, requestText({ ...backendSide(call), method, cseq: 9 }))
      harness.network.deliver(PEER, responseText(last(harness, PEER), 200, { extra: [ASSERTED] }))
      const response = last(harness, B1)
      expect([statusOf(response), identities(response)[0]]).toEqual([200, asserted])
    },
  )
})

describe('an asserted identity of the backend', () => {
  const cases = [
    ['Privacy: id', 'untrusted', 0],
    ['Privacy: header;id;critical', 'untrusted', 0],
    ['Privacy: none', 'untrusted', 1],
    ['X-No-Privacy: id', 'untrusted', 1],
    ['Privacy: id', 'trusted', 1],
  ] as const

  it.each(cases)('I-02: in a response with `%s` to a trunk that is %s', async (privacy, trunk, asserted) => {
    const harness = await harnessOf(trunk)
    harness.network.deliver(PEER, requestText())
    harness.network.deliver(B1, responseText(last(harness, B1), 180, { extra: [ASSERTED, privacy] }))
    expect(identities(last(harness, PEER))[0]).toBe(asserted)
  })

  it.each(cases)(
    'I-02: in a request with `%s` inside the dialog of a trunk that is %s',
    async (privacy, trunk, asserted) => {
      const harness = await harnessOf(trunk)
      const call = answerCall(harness)
      const side: RequestText = backendSide(call)
      const extra = [...(side.extra ?? []), ASSERTED, privacy]
      harness.network.deliver(B1, requestText({ ...side, method: 'UPDATE', cseq: 9, extra }))
      expect(methodOf(last(harness, PEER))).toBe('UPDATE')
      expect(identities(last(harness, PEER))[0]).toBe(asserted)
    },
  )

  it.each(cases)(
    'I-02: in a response with `%s` inside the dialog of a trunk that is %s',
    async (privacy, trunk, asserted) => {
      const harness = await harnessOf(trunk)
      const { inDialog } = answerCall(harness)
      harness.network.deliver(PEER, requestText({ method: 'UPDATE', cseq: 2, ...inDialog, branch: 'z9hG4bK-2' }))
      harness.network.deliver(B1, responseText(last(harness, B1), 200, { extra: [ASSERTED, privacy] }))
      expect(statusOf(last(harness, PEER))).toBe(200)
      expect(identities(last(harness, PEER))[0]).toBe(asserted)
    },
  )
})

/** What says who calls, and proves nothing. */
const CLAIMED = [
  'P-Asserted-Identity: <sip:+15550001111@carrier.example>',
  'p-asserted-identity: <tel:+15550001111>',
  'Remote-Party-ID: <sip:+15550001111@carrier.example>;party=calling;privacy=off',
  'P-Served-User: <sip:+15550001111@carrier.example>;sescase=orig',
  'P-Charge-Info: <sip:+15550001111@carrier.example>',
  'P-Preferred-Identity: <sip:+15550002222@carrier.example>',
]
const NAMES = ['P-Asserted-Identity', 'Remote-Party-ID', 'P-Served-User', 'P-Charge-Info', 'P-Preferred-Identity']

const claimsIn = (message: string) => NAMES.filter((name) => headerOf(message, name).length > 0)
const TRUSTED_CLAIMS = NAMES.slice(0, 4)

describe('every header that says who calls', () => {
  it.each([
    ['untrusted', []],
    ['trusted', TRUSTED_CLAIMS],
  ] as const)(
    'I-05: of a caller reaches the backend only from a trusted trunk, in no request else: %s',
    async (trunk, kept) => {
      const harness = await harnessOf(trunk)
      const { inDialog } = answerCall(harness)
      const extra = [...(inDialog.extra ?? []), ...CLAIMED]
      harness.network.deliver(PEER, requestText({ extra: CLAIMED, branch: 'z9hG4bK-9', callId: 'call-9' }))
      expect(claimsIn(last(harness, B1))).toEqual(kept)
      for (const [at, method] of ['ACK', 'INFO', 'UPDATE', 'INVITE', 'MESSAGE', 'BYE'].entries()) {
        harness.network.deliver(
          PEER,
          requestText({ ...inDialog, method, cseq: at + 2, branch: `z9hG4bK-1${at}`, extra }),
        )
        expect([methodOf(last(harness, B1)), claimsIn(last(harness, B1))]).toEqual([method, kept])
      }
    },
  )

  it.each([
    ['untrusted', []],
    ['trusted', TRUSTED_CLAIMS],
  ] as const)('I-05: in a response of a caller likewise: %s', async (trunk, kept) => {
    const harness = await harnessOf(trunk)
    harness.network.deliver(B1, requestText({ ...backendSide(answerCall(harness)), method: 'UPDATE', cseq: 9 }))
    harness.network.deliver(PEER, responseText(last(harness, PEER), 200, { extra: CLAIMED }))
    expect([statusOf(last(harness, B1)), claimsIn(last(harness, B1))]).toEqual([200, kept])
  })

  it.each([
    ['untrusted', ['Privacy: id'], []],
    ['untrusted', ['Privacy: none', 'Privacy: id'], []],
    ['untrusted', ['Privacy: header, id'], []],
    ['untrusted', [], TRUSTED_CLAIMS],
    ['trusted', ['Privacy: id'], TRUSTED_CLAIMS],
  ] as const)(
    'I-05: of a backend reaches a trunk that is %s as its Privacy allows: %j',
    async (trunk, privacy, kept) => {
      const harness = await harnessOf(trunk)
      const call = answerCall(harness)
      const side = backendSide(call)
      const extra = [...CLAIMED, ...privacy]
      harness.network.deliver(
        B1,
        requestText({ ...side, method: 'INFO', cseq: 9, extra: [...(side.extra ?? []), ...extra] }),
      )
      expect([methodOf(last(harness, PEER)), claimsIn(last(harness, PEER))]).toEqual(['INFO', kept])
      harness.network.deliver(PEER, requestText({ branch: 'z9hG4bK-7', callId: 'call-7' }))
      harness.network.deliver(B1, responseText(last(harness, B1), 486, { extra }))
      expect([statusOf(last(harness, PEER)), claimsIn(last(harness, PEER))]).toEqual([486, kept])
    },
  )

  it('I-05: that a rule sets replaces what the caller has written, and reaches the backend', async () => {
    const setHeaders = [
      { name: 'Remote-Party-ID', value: '<sip:desk@own.example>' },
      { name: 'p-asserted-identity', value: '<sip:desk@own.example>' },
      { name: 'Subject', value: 'ours' },
    ]
    const harness = await startHarness({ entries: [trunkEntry(), ruleEntry({ action: routeAction({ setHeaders }) })] })
    harness.network.deliver(PEER, requestText({ extra: [...CLAIMED, 'Subject: a', 's: b', 'S : c'] }))
    const invite = last(harness, B1)
    expect(claimsIn(invite)).toEqual(['P-Asserted-Identity', 'Remote-Party-ID'])
    expect(headerOf(invite, 'P-Asserted-Identity')).toEqual(['<sip:desk@own.example>'])
    expect(invite.split('\r\n').filter((line) => /^(s|subject)\s*:/i.test(line))).toEqual(['Subject: ours'])
  })
})

describe('the identity that a trusted trunk asserts', () => {
  const SIP = '<sip:+15550001111@carrier.example>'
  const TEL = '<tel:+15550001111>'

  it.each([
    ['one', [`P-Asserted-Identity: "Doe, J" ${SIP}`]],
    ['a SIP and a tel URI', [`P-Asserted-Identity: ${SIP}, ${TEL}`]],
    ['a tel and a SIPS URI on two lines', [`P-Asserted-Identity: ${TEL}`, 'P-Asserted-Identity: sips:a@h']],
    ['none', []],
  ])('I-05: may be %s', async (_how, extra) => {
    const harness = await harnessOf('trusted')
    harness.network.deliver(PEER, requestText({ extra }))
    expect(harness.sentTo(B1).map(methodOf)).toEqual(['INVITE'])
  })

  const ambiguous: readonly (readonly [string, readonly string[]])[] = [
    ['two SIP URIs', [`P-Asserted-Identity: ${SIP}, <sip:+15550002222@carrier.example>`]],
    ['two SIP URIs on two lines', [`P-Asserted-Identity: ${SIP}`, 'P-Asserted-Identity: <sips:a@h>']],
    ['two tel URIs', [`P-Asserted-Identity: ${TEL}, <tel:+15550002222>`]],
    ['three', [`P-Asserted-Identity: ${SIP}, ${TEL}`, `P-Asserted-Identity: ${SIP}`]],
    ['one and something unreadable', [`P-Asserted-Identity: ${SIP}`, 'P-Asserted-Identity: <sip:']],
  ]

  it.each(ambiguous)('I-05: is a 400 where it is %s: nobody can say who calls', async (_how, extra) => {
    const harness = await harnessOf('trusted')
    harness.network.deliver(PEER, requestText({ extra }))
    expect([harness.sentTo(B1), harness.sentTo(PEER).map(statusOf)]).toEqual([[], [400]])
    expect(harness.calls()).toMatchObject([
      { outcome: 'malformed', status: 400, trunk: 'default/carrier', calling: '' },
    ])
  })

  it.each(ambiguous)('I-05: matters to no trunk that goes by From: %s is taken off', async (_how, extra) => {
    const harness = await harnessOf('untrusted')
    harness.network.deliver(PEER, requestText({ extra }))
    expect(harness.sentTo(B1).map(identities)).toEqual([[0, 0]])
  })
})

describe('privacy and reasons', () => {
  it('I-03: Privacy passes both ways, and nothing is made anonymous', async () => {
    const harness = await harnessOf('untrusted')
    harness.network.deliver(PEER, requestText({ extra: ['Privacy: user;header', 'Subject: me'] }))
    const invite = last(harness, B1)
    expect([headerOf(invite, 'Privacy'), headerOf(invite, 'Subject')]).toEqual([['user;header'], ['me']])
    expect(headerOf(invite, 'From')).toEqual(['<sip:+15559876543@198.51.100.7>;tag=caller'])
    harness.network.deliver(B1, responseText(invite, 180, { extra: ['Privacy: id'] }))
    expect(headerOf(last(harness, PEER), 'Privacy')).toEqual(['id'])
  })

  it('I-04: a response of our own has no Reason: why it was refused stands in a Warning (Z12)', async () => {
    const harness = await startHarness()
    harness.network.deliver(PEER, requestText({ uri: 'sip:+4930123456@192.0.2.1' }))
    const refusal = last(harness, PEER)
    expect([statusOf(refusal), headerOf(refusal, 'Reason')]).toEqual([503, []])
    expect(headerOf(refusal, 'Warning')).toEqual(['399 192.0.2.1:5060 "no_rule id1"'])
  })

  it('I-04: the Reason of a backend passes', async () => {
    const harness = await startHarness()
    harness.network.deliver(PEER, requestText())
    harness.network.deliver(B1, responseText(last(harness, B1), 486, { extra: ['Reason: Q.850;cause=17'] }))
    expect(headerOf(last(harness, PEER), 'Reason')).toEqual(['Q.850;cause=17'])
  })
})

describe('a backend that is overloaded', () => {
  /** Where calls go that come this many seconds after B1 has sent a 503. */
  async function laterCalls(retryAfter: readonly string[], seconds: readonly number[]) {
    const { network, clock, sentTo } = await startHarness()
    network.deliver(PEER, requestText())
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 503, { extra: retryAfter }))
    network.deliver(B2, responseText(sentTo(B2)[0] ?? '', 200))
    return seconds.map((at) => {
      clock.advance(at * 1000 - clock.now())
      const before = sentTo(B1).length
      network.deliver(PEER, requestText({ branch: `z9hG4bK-${at}`, callId: `call-${at}` }))
      return sentTo(B1).length > before ? 'B1' : 'B2'
    })
  }

  it('V-01: is not chosen for as long as its Retry-After says', async () => {
    expect(await laterCalls(['Retry-After: 60 (maintenance);duration=5'], [1, 59, 60])).toEqual(['B2', 'B2', 'B1'])
  })

  it('V-01: is chosen again at once where it names no time', async () => {
    expect(await laterCalls([], [1])).toEqual(['B1'])
  })

  it('V-01: is not told to the caller: its call is answered by the next backend', async () => {
    const { network, sentTo } = await startHarness()
    network.deliver(PEER, requestText())
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 503, { extra: ['Retry-After: 60'] }))
    network.deliver(B2, responseText(sentTo(B2)[0] ?? '', 200))
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 200])
  })

  it('V-02: overload control is not supported: `oc` gets no value, neither from us nor towards a backend', async () => {
    const { network, sentTo } = await startHarness()
    const via = `SIP/2.0/UDP ${PEER};branch=z9hG4bK-1;oc;oc-algo="loss,A"`
    network.deliver(PEER, requestText({ via, uri: 'sip:+4930123456@192.0.2.1' }))
    expect(headerOf(sentTo(PEER)[0] ?? '', 'Via')).toEqual([via])
    network.deliver(PEER, requestText({ via: via.replace('bK-1', 'bK-2'), callId: 'call-2' }))
    expect(headerOf(sentTo(B1)[0] ?? '', 'Via')[0]).not.toMatch(/;oc/)
  })
})

describe('Limits', () => {
  it('V-03: a limit of a trunk refuses with Retry-After where the trunk asks for it, and a limit of a rule never does', async () => {
    const limits = { rate: { callsPerSecond: 1, burst: 1 }, scope: 'Pod' } as const
    const overLimit = { status: 503, reason: 'Service Unavailable', retryAfter: 5 }
    const responses = { ...trunkEntry().responses, overLimit }
    const ofTrunk = await startHarness({ entries: [trunkEntry({ responses, limits }), ruleEntry()] })
    const ofRule = await startHarness({ entries: [trunkEntry({ responses }), ruleEntry({ limits })] })
    for (const { network } of [ofTrunk, ofRule]) {
      network.deliver(PEER, requestText())
      network.deliver(PEER, requestText({ callId: 'second', via: `SIP/2.0/UDP ${PEER};branch=z9hG4bK-second` }))
    }
    const refusals = [ofTrunk, ofRule].map((harness) => last(harness, PEER))
    expect(refusals.map((text) => headerOf(text, 'Retry-After'))).toEqual([['5'], []])
  })
})

describe('Interactions with overload', () => {
  it('interaction 15: no 503 of ours carries Retry-After of its own accord, which would silence every pod behind a shared address', async () => {
    const noRule = await startHarness()
    noRule.network.deliver(PEER, requestText({ uri: 'sip:+4930123456@192.0.2.1' }))
    const noTable = await startHarness({ entries: null })
    noTable.network.deliver(PEER, requestText())
    const closing = await startHarness()
    closing.network.deliver(PEER, requestText())
    await closing.engine.close()
    expect(last(closing, PEER)).toMatch(/^SIP\/2\.0 503 /)
    for (const { sentTo } of [noRule, noTable, closing]) {
      for (const text of sentTo(PEER)) expect(headerOf(text, 'Retry-After')).toEqual([])
    }
  })
})
