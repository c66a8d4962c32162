/**
 * The manifests of examples/office under real calls, with a real nameserver. The addresses are of this machine, and the clock is
 * as it is: the hours that are tested are open all day, or closed all day.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { readExplainConfig } from '../../cli/explain/explain-config.ts'
import { explainReport } from '../../cli/explain/explain-report.ts'
import { readExplainManifests } from '../../cli/manifests.ts'
import { ROOT } from '../docs/commands-of-page.ts'
import { type KnotServer, startKnot } from '../support/knot-server.ts'
import { describeWith } from '../support/real-part.ts'
import { headerOf, methodOf, responseText, statusOf } from '../support/sip-text.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { openUdpCaller, type UdpCaller } from '../support/udp-caller.ts'

/** What the example says, and what is there instead on this machine. */
const [CARRIER, STANDBY, HOURS] = ['203.0.113.0/24', 'sip:10.30.0.5:5060', /timeZone: [\s\S]*?(?=\n {2}action:)/]
const [FIRST, SECOND, THIRD] = ['127.0.0.21', '127.0.0.22', '127.0.0.23']
const OPEN = 'timeZone: Europe/Berlin\n      windows: [{ from: "00:00", to: "24:00" }]'
const CLOSED = 'timeZone: Europe/Berlin\n      validUntil: "2000-01-01"'

const NUMBER = '+493055512'

/** Calls per second that the carrier may send, and calls at one moment: the burst is the same. */
const LIMIT = 20

/** Milliseconds after which the limit has room for all calls of a burst again. */
const REFILL_MS = 1_100

/** A PBX that answers with 200. */
interface Pbx {
  readonly port: number
  /** Call-IDs of its INVITEs. */
  readonly got: Set<string>
  /** Closes its port: whoever calls it is told so by ICMP. */
  close(): void
}

async function openPbx(address: string): Promise<Pbx> {
  const socket = createSocket('udp4')
  const got = new Set<string>()
  socket.bind(0, address)
  await once(socket, 'listening')
  socket.unref()
  const { port } = socket.address()
  socket.on('message', (bytes, from) => {
    const text = bytes.toString('latin1')
    if (methodOf(text) !== 'INVITE') return
    got.add(headerOf(text, 'Call-ID')[0] ?? '')
    const answer = responseText(text, 200, { toTag: 'pbx', extra: [`Contact: <sip:pbx@${address}:${port}>`] })
    socket.send(answer, from.port, from.address)
  })
  let isOpen = true
  const close = (): void => {
    if (isOpen) socket.close()
    isOpen = false
  }
  return { port, got, close }
}

type Replacement = readonly [part: string | RegExp, by: string]

/** The text of the example. Each part that is replaced must be there, so that the test follows the example. */
function exampleText(replaced: readonly Replacement[]): string {
  const folder = join(ROOT, 'examples/office')
  const text = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('---\n')
  return replaced.reduce((whole, [part, by]) => {
    const changed = whole.replace(part, by)
    if (changed === whole) throw new Error(`examples/office has no ${String(part)}`)
    return changed
  }, text)
}

const objectsOf = (text: string): object[] => parseAllDocuments(text).map((one): object => one.toJS())

/** The rule that takes a call now, as explain says. */
async function ruleNow(folder: string): Promise<string | undefined> {
  const flags = {
    rules: [folder],
    to: NUMBER,
    from: '+14155550100',
    source: '127.0.0.1',
    transport: 'udp',
    output: 'json',
  } as const
  const { call } = readExplainConfig(flags)
  return (await explainReport(await readExplainManifests([folder]), call, { at: Date.now() })).rule
}

describeWith(['knot'], 'examples/office', () => {
  let knot: KnotServer
  let ingress: StandaloneProcess
  let caller: UdpCaller
  let [first, second, standby]: Pbx[] = []
  let calls = 0

  /** The example with addresses of this machine, and with more replaced. */
  const placed = (more: readonly Replacement[]): string =>
    exampleText([[CARRIER, '127.0.0.1'], [STANDBY, `sip:${THIRD}:${standby?.port}`], ...more])

  beforeAll(async () => {
    ;[first, second, standby] = await Promise.all([FIRST, SECOND, THIRD].map(openPbx))
    knot = await startKnot({
      'office.example': [
        `_sip._udp.pbx 60 SRV 10 1 ${first?.port} one`,
        `_sip._udp.pbx 60 SRV 20 1 ${second?.port} two`,
        `one 60 A ${FIRST}`,
        `two 60 A ${SECOND}`,
      ],
    })
    const flags = ['--resolver', knot.address, '--allow-resolved', '127.0.0.0/24', '--log-calls-per-second', '1000']
    ingress = await startStandalone({ manifests: objectsOf(placed([[HOURS, OPEN]])), flags })
    caller = await openUdpCaller('127.0.0.1')
  })

  afterAll(async () => {
    caller.close()
    await ingress.stop()
    await knot.stop()
    for (const pbx of [first, second, standby]) pbx?.close()
  })

  /** Makes one call, and returns its final response and its line in the log. */
  async function call() {
    const callId = `office-${++calls}`
    const final = (await caller.request({ uri: `sip:${NUMBER}@127.0.0.1`, callId }, ingress.udp)) ?? ''
    return { callId, status: statusOf(final), final, line: await ingress.said((one) => one['callId'] === callId) }
  }

  /** Does something with other hours; they are open all day again after it. */
  async function withHours(more: readonly Replacement[], act: () => Promise<void>): Promise<void> {
    await ingress.apply('manifests.json', objectsOf(placed(more)))
    try {
      await act()
    } finally {
      await ingress.apply('manifests.json', objectsOf(placed([[HOURS, OPEN]])))
    }
  }

  /** Whether each PBX got the call. */
  const reached = (callId: string) => [first, second, standby].map((pbx) => pbx?.got.has(callId))

  it('go to the server that SRV puts first, to the next when it dies, and to the standby when both are dead (RFC 2782)', async () => {
    const toFirst = await call()
    expect(toFirst.line).toMatchObject({ outcome: 'forwarded', rule: 'default/office' })
    expect([toFirst.status, ...reached(toFirst.callId)]).toEqual([200, true, false, false])
    first?.close()
    const toSecond = await call()
    expect([toSecond.status, ...reached(toSecond.callId)]).toEqual([200, false, true, false])
    second?.close()
    const toStandby = await call()
    expect([toStandby.status, ...reached(toStandby.callId)]).toEqual([200, false, false, true])
    expect(toStandby.line['attempts']).toContainEqual(
      expect.objectContaining({ backend: `sip:${THIRD}:${standby?.port}`, result: 'answered' }),
    )
  })

  it('get over_limit beyond 20 calls a second, and the carrier is not told to wait', async () => {
    await pause(REFILL_MS)
    const began = performance.now()
    const ended = await Promise.all(Array.from({ length: 5 * LIMIT }, call))
    const seconds = (performance.now() - began) / 1000
    const refused = ended.filter(({ status }) => status !== 200)
    const passed = ended.length - refused.length
    expect(passed).toBeGreaterThanOrEqual(LIMIT)
    expect(passed).toBeLessThanOrEqual(LIMIT + LIMIT * seconds)
    expect(refused.length).toBeGreaterThan(0)
    for (const { final, line } of refused) {
      expect(final.split('\r\n', 1)).toEqual(['SIP/2.0 503 Too Many Calls'])
      expect(headerOf(final, 'Retry-After')).toEqual([])
      expect(line).toMatchObject({ outcome: 'over_limit', overLimitReason: 'trunk_calls_per_second' })
    }
    await pause(REFILL_MS)
  })

  it('are told outside the hours that the office is closed', () =>
    withHours([[HOURS, CLOSED]], async () => {
      const { final, line } = await call()
      expect(final.split('\r\n', 1)).toEqual(['SIP/2.0 480 Office Closed'])
      expect(line).toMatchObject({ outcome: 'rejected', rule: 'default/night' })
    }))

  it('are answered by the hours of the example as explain says', () =>
    withHours([], async () => {
      // A window may begin or end between the two answers of explain: then the call may be on either side.
      const before = await ruleNow(ingress.folder)
      const { line } = await call()
      expect([before, await ruleNow(ingress.folder)]).toContain(line['rule'])
    }))
})
