/** Which Route values are ours, and what is left of a route set once they are off (RFC 3261 §16.4). */
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parseIpAddress } from '../../../ingress/address/ip-address.ts'
import { backendSide } from '../../support/answered-call.ts'
import {
  B1,
  B2,
  ENGINE,
  PEER,
  routeAction,
  ruleEntry,
  STRANGER,
  startHarness,
  trunkEntry,
} from '../../support/engine-harness.ts'
import { routeLines, scriptDialog, went } from '../../support/scripted-dialog.ts'
import { headerOf, requestText, responseText, statusOf } from '../../support/sip-text.ts'

/** Ways to write where the engine listens. */
const OWN = [
  '<sip:192.0.2.1;lr>',
  '<sip:192.0.2.1:5060;lr>',
  '<sip:me@192.0.2.1:5060;transport=udp;lr>',
  '<sip:192.0.2.1;transport=TCP;lr=on>',
  '<sip:[::ffff:192.0.2.1]:5060;lr>',
  '"edge" <sip:192.0.2.1>;x=y',
  'sip:192.0.2.1:5060',
]
const FOREIGN = '<sip:203.0.113.9:5070;lr>'
const NAMED = { external: { host: 'SIP.example', port: 5080 }, internal: { host: 'pods.voice.svc', port: undefined } }

describe('a Route value of ours', () => {
  it.each(OWN)('R-07: is known by its address, above and below the one with the cookie: %s', async (own) => {
    const dialog = scriptDialog(await startHarness())
    const sets = [
      [own, ...dialog.callerRoutes],
      [...dialog.callerRoutes, own],
      [own, own, ...dialog.callerRoutes, own],
    ]
    for (const routes of sets) {
      for (const method of ['ACK', 'INFO']) {
        const [packet, ...more] = dialog.fromCaller({ method, extra: routeLines(routes) })
        expect([went(packet ? [packet] : []), headerOf(packet?.text ?? '', 'Route'), more]).toEqual([
          [`${B1} ${method}`],
          [],
          [],
        ])
      }
      const back = dialog.fromBackend({ extra: routeLines(routes.map((value) => swap(value, dialog))) })
      expect([went(back), headerOf(back[0]?.text ?? '', 'Route')]).toEqual([[`${PEER} INFO`], []])
    }
  })

  it.each([
    '<sip:sip.example:5080;lr>',
    '<sip:SIP.Example;lr>',
    '<sip:sip.example.:5080;lr>',
    '<sip:pods.voice.svc;lr>',
    '<sip:pods.voice.svc:5060;transport=tcp;lr>',
  ])('R-07: is known by the name that is advertised: %s', async (own) => {
    const dialog = scriptDialog(await startHarness({ engine: NAMED }))
    const sent = dialog.fromCaller({ extra: routeLines([own, ...dialog.callerRoutes, own]) })
    expect([went(sent), headerOf(sent[0]?.text ?? '', 'Route')]).toEqual([[`${B1} INFO`], []])
  })

  it.each(['<sip:192.0.2.1:5061;lr>', '<sip:sip.example:5999;lr>', '<sip:other.example;lr>'])(
    'R-07: is not what has another port or name: %s stays',
    async (other) => {
      const dialog = scriptDialog(await startHarness({ engine: NAMED }))
      const sent = dialog.fromCaller({ extra: routeLines([...dialog.callerRoutes, other]) })
      expect([went(sent), headerOf(sent[0]?.text ?? '', 'Route')]).toEqual([[`${B1} INFO`], [other]])
    },
  )

  it('R-07: is any address of the machine where every address is listened on', async () => {
    const [any, one, two] = ['0.0.0.0', '192.0.2.77', '10.4.0.1'].flatMap((text) => parseIpAddress(text) ?? [])
    if (!any || !one || !two) throw new Error('addresses')
    const engine = {
      listen: [{ transport: 'UDP' as const, address: any, port: 5060 }],
      machineAddress: () => one,
      machineAddresses: [one, two],
    }
    const dialog = scriptDialog(await startHarness({ engine }))
    const sent = dialog.fromCaller({ extra: routeLines(['<sip:10.4.0.1;lr>', ...dialog.callerRoutes]) })
    expect([went(sent), headerOf(sent[0]?.text ?? '', 'Route')]).toEqual([[`${B1} INFO`], []])
  })

  it('R-07: makes what stands above it passed: it is here now', async () => {
    const dialog = scriptDialog(await startHarness())
    const sent = dialog.fromCaller({ extra: routeLines([FOREIGN, OWN[0] ?? '', ...dialog.callerRoutes]) })
    expect([went(sent), headerOf(sent[0]?.text ?? '', 'Route')]).toEqual([[`${B1} INFO`], []])
  })

  it('R-07: is taken off behind another proxy as well, which would send the request back', async () => {
    const dialog = scriptDialog(await startHarness())
    const next = `<sip:${B2};lr>`
    const sent = dialog.fromCaller({ extra: routeLines([...dialog.callerRoutes, next, OWN[1] ?? '']) })
    expect([went(sent), headerOf(sent[0]?.text ?? '', 'Route')]).toEqual([[`${B2} INFO`], [next]])
  })

  it('R-07: may stand on one line, folded, several times over', async () => {
    const dialog = scriptDialog(await startHarness())
    const [own = ''] = dialog.callerRoutes
    for (const line of [`Route: ${own},${own}`, `Route: ${OWN[0]}\r\n ,${own},\r\n\t${OWN[1]}, ${own}`]) {
      const sent = dialog.fromCaller({ extra: [line] })
      expect([went(sent), headerOf(sent[0]?.text ?? '', 'Route')]).toEqual([[`${B1} INFO`], []])
    }
  })

  it('R-07: in the Request-URI of a strict router that had our plain URI first does not come back as a Route', async () => {
    const dialog = scriptDialog(await startHarness())
    const sent = dialog.fromCaller({
      uri: `sip:${ENGINE}`,
      extra: routeLines([...dialog.callerRoutes, `<sip:a@${B1}>`]),
    })
    expect([went(sent), sent[0]?.text.split('\r\n')[0]]).toEqual([[`${B1} INFO`], `INFO sip:a@${B1} SIP/2.0`])
    expect(headerOf(sent[0]?.text ?? '', 'Route')).toEqual([])
  })

  it('R-07: any mixture of leftovers of ours around the cookie changes nothing', async () => {
    const dialog = scriptDialog(await startHarness())
    const leftover = fc.constantFrom(...OWN, ...dialog.callerRoutes)
    fc.assert(
      fc.property(fc.array(leftover, { maxLength: 6 }), fc.array(leftover, { maxLength: 6 }), (above, below) => {
        const sent = dialog.fromCaller({ extra: routeLines([...above, ...dialog.callerRoutes, ...below]) })
        expect([went(sent), headerOf(sent[0]?.text ?? '', 'Route')]).toEqual([[`${B1} INFO`], []])
      }),
      { numRuns: 100 },
    )
  })
})

/** The backend's cookie in place of the caller's, in a value that has one. */
function swap(value: string, { callerRoutes, backendRoutes }: ReturnType<typeof scriptDialog>): string {
  return value === callerRoutes[0] ? (backendRoutes[0] ?? '') : value
}

/** Each character as an escape, by the bits of a number. */
function escaped(text: string, bits: number): string {
  return Array.from(text, (character, at) =>
    (bits >>> (at % 30)) & 1 ? `%${character.charCodeAt(0).toString(16)}` : character,
  ).join('')
}

describe('the cookie in a Route value', () => {
  it('D-02: is read whatever the case of its name and however it is escaped (RFC 3261 §19.1.4)', async () => {
    const dialog = scriptDialog(await startHarness())
    const [own = ''] = dialog.callerRoutes
    const cookie = /sdc=([\w-]+)/.exec(own)?.[1] ?? ''
    fc.assert(
      fc.property(fc.constantFrom('sdc', 'SDC', 'sDc'), fc.nat(7), fc.nat(2 ** 30 - 1), (name, nameBits, valueBits) => {
        const parameter = `${escaped(name, nameBits)}=${escaped(cookie, valueBits)}`
        const extra = routeLines([own.replace(/sdc=[\w-]+/, () => parameter)])
        const sent = dialog.fromCaller({ extra })
        expect([went(sent), headerOf(sent[0]?.text ?? '', 'Route')]).toEqual([[`${B1} INFO`], []])
      }),
      { numRuns: 100 },
    )
  })

  it('D-02: of the strict router that has put it into the Request-URI in capitals is undone', async () => {
    const dialog = scriptDialog(await startHarness())
    const uri = (dialog.callerRoutes[0] ?? '').slice(1, -1).replace('sdc=', 'SDC=')
    const sent = dialog.fromCaller({ uri, extra: routeLines([`<sip:agent@${B1}>`]) })
    expect([went(sent), sent[0]?.text.split('\r\n')[0]]).toEqual([[`${B1} INFO`], `INFO sip:agent@${B1} SIP/2.0`])
  })

  it('D-04: that stands twice in one value is refused (400)', async () => {
    const dialog = scriptDialog(await startHarness())
    const [own = ''] = dialog.callerRoutes
    const extra = routeLines([own.replace('>', ';sdc=AAAA>')])
    expect(went(dialog.fromCaller({ extra }))).toEqual([`${PEER} 400`])
  })

  it('Q-13: comes to the caller as its own, however the backend has written it', async () => {
    const dialog = scriptDialog(await startHarness(), {
      rewrite: (text) => text.replace(/sdc=([\w-]+)/g, (_, cookie: string) => `SD%63=${escaped(cookie, 0x2aaaaaaa)}`),
    })
    expect(went(dialog.fromCaller())).toEqual([`${B1} INFO`])
    expect(dialog.callerRoutes.join()).not.toContain('%')
  })

  it('D-04: is tried a few times only, and among a few values: what is behind a long list is not looked at', async () => {
    const dialog = scriptDialog(await startHarness())
    const forged = (index: number) => `<sip:192.0.2.1:5060;lr;sdc=${Buffer.alloc(60, index).toString('base64url')}>`
    const among = (count: number) => [
      ...Array.from({ length: count }, (_, index) => forged(index)),
      ...dialog.callerRoutes,
    ]
    expect(went(dialog.fromCaller({ extra: routeLines(among(7)) }))).toEqual([`${B1} INFO`])
    expect(went(dialog.fromCaller({ extra: routeLines(among(8)) }))).toEqual([`${PEER} 481`])
    const plain = Array.from({ length: 64 }, () => FOREIGN)
    expect(went(dialog.fromCaller({ extra: routeLines([...plain, ...dialog.callerRoutes]) }))).toEqual([`${PEER} 481`])
    expect(dialog.fromCaller({ extra: routeLines(among(200)) }, STRANGER)).toEqual([])
  })
})

describe('a call that has passed us twice', () => {
  it('D-02: needs one pass only for what is in its dialog: both values go, the nearer target counts', async () => {
    const first = scriptDialog(await startHarness(), { contact: '<sip:proxy@10.0.0.77:5080>' })
    const second = scriptDialog(await startHarness())
    const routes = [...first.callerRoutes, ...second.callerRoutes]
    const sent = second.fromCaller({ extra: routeLines(routes) })
    expect([went(sent), headerOf(sent[0]?.text ?? '', 'Route')]).toEqual([[`${B1} INFO`], []])
  })

  it('D-02: by a proxy that does not record-route passes it by inside the call, in both directions', async () => {
    const [backend, proxy] = routeAction().backends
    if (!backend || !proxy) throw new Error('two backends')
    const { network, sentTo } = await startHarness({
      entries: [
        trunkEntry({ sources: ['198.51.100.0/24', '10.0.0.2/32'] }),
        ruleEntry({ action: routeAction({ backends: [{ ...proxy, tier: 0 }] }) }),
        ruleEntry({
          name: 'default/second',
          called: [{ type: 'prefix', value: '+1666' }],
          action: routeAction({ backends: [backend] }),
        }),
      ],
    })
    network.deliver(PEER, requestText())
    const first = sentTo(B2)[0] ?? ''
    const via = `Via: SIP/2.0/UDP ${B2};branch=z9hG4bK-proxy\r\n`
    network.deliver(
      B2,
      first.replace(/^INVITE \S+ SIP\/2.0\r\n/, `INVITE sip:+16665551234@192.0.2.1 SIP/2.0\r\n${via}`),
    )
    const second = sentTo(B1)[0] ?? ''
    network.deliver(B1, responseText(second, 200, { extra: [`Contact: <sip:agent@${B1}>`] }))
    network.deliver(B2, (sentTo(B2).at(-1) ?? '').replace(/^Via: .*z9hG4bK-proxy.*\r\n/m, ''))
    const ok = sentTo(PEER).at(-1) ?? ''
    const routes = headerOf(ok, 'Record-Route').reverse()
    expect([statusOf(ok), routes.length]).toEqual([200, 2])
    const before = network.sent.length
    const to = headerOf(ok, 'To')[0] ?? ''
    for (const method of ['ACK', 'BYE']) {
      const inside = { method, cseq: 2, to, uri: `sip:agent@${B1}`, branch: `z9hG4bK-${method}` }
      network.deliver(PEER, requestText({ ...inside, extra: routeLines(routes) }))
    }
    network.deliver(B1, requestText({ ...backendSide({ invite: second, ok }), method: 'INFO', cseq: 9 }))
    const sent = network.sent.slice(before)
    expect(went(sent)).toEqual([`${B1} ACK`, `${B1} BYE`, `${PEER} INFO`])
    expect(sent.flatMap(({ text }) => headerOf(text, 'Route'))).toEqual([])
  })

  it('D-02: goes by the proxy between, where that has record-routed', async () => {
    const between = `<sip:${B2};lr>`
    const first = scriptDialog(await startHarness(), {
      rewrite: (text) => text.replace('Record-Route:', `Record-Route: ${between}\r\nRecord-Route:`),
    })
    const second = scriptDialog(await startHarness())
    const routes = [first.callerRoutes[0] ?? '', between, ...second.callerRoutes]
    const [packet] = second.fromCaller({ extra: routeLines(routes) })
    expect(went(packet ? [packet] : [])).toEqual([`${B2} INFO`])
    expect(headerOf(packet?.text ?? '', 'Route')).toEqual([between, ...second.callerRoutes])
    const [on] = second.fromCaller({ extra: routeLines(second.callerRoutes) }, B2)
    expect(went(on ? [on] : [])).toEqual([`${B1} INFO`])
  })
})

describe('a request of a known peer without a valid cookie', () => {
  const cases = ['BYE', 'UPDATE', 'PRACK', 'INFO', 'NOTIFY', 'REFER'].flatMap((method) =>
    OWN.slice(0, 2).map((own) => ({ method, own })),
  )

  it.each(cases)('D-04: gets 481 as $method with a Route of ours, $own', async ({ method, own }) => {
    const harness = await startHarness()
    harness.network.deliver(PEER, requestText({ method, extra: routeLines([own]) }))
    harness.network.deliver(STRANGER, requestText({ method, extra: routeLines([own]), branch: 'z9hG4bK-s' }))
    expect(went(harness.network.sent)).toEqual([`${PEER} 481`])
  })

  it.each(['REGISTER', 'SUBSCRIBE', 'MESSAGE', 'PUBLISH', 'FOO'])(
    'O-02: gets 405 as %s, which has its use outside a dialog, whatever its Route',
    async (method) => {
      const harness = await startHarness()
      harness.network.deliver(PEER, requestText({ method, extra: routeLines(['<sip:192.0.2.1;lr>']) }))
      expect(harness.sentTo(PEER).map(statusOf)).toEqual([405])
    },
  )

  it('O-01: is answered as OPTIONS, and an INVITE is a new call', async () => {
    const harness = await startHarness()
    const extra = routeLines(['<sip:192.0.2.1;lr;sdc=AAAA>'])
    harness.network.deliver(PEER, requestText({ method: 'OPTIONS', extra }))
    harness.network.deliver(PEER, requestText({ extra, branch: 'z9hG4bK-call' }))
    harness.network.deliver(PEER, requestText({ method: 'ACK', extra, branch: 'z9hG4bK-ack' }))
    expect(went(harness.network.sent)).toEqual([`${PEER} 200`, `${PEER} 100`, `${B1} INVITE`])
  })
})
