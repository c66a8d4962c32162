/** What calls find out about backends, and what the next calls make of it: the whole engine on a fake clock. */
import { describe, expect, it } from '@jest/globals'
import { FIRST_EJECTION_MS, SLOW_START_MS } from '../../ingress/backend-health/limits.ts'
import type { RouteAction } from '../../ingress/route-table/route-table.ts'
import {
  B1,
  B2,
  type Harness,
  PEER,
  routeAction,
  ruleEntry,
  startHarness,
  trunkEntry,
} from '../support/engine-harness.ts'
import { headerOf, methodOf, requestText, responseText } from '../support/sip-text.ts'
import { addressOf } from '../support/table-entries.ts'

const TIMEOUT_MS = 2000

/** Which statuses the backends answer at this time; undefined: nothing. */
interface World {
  readonly harness: Harness
  readonly answers: Map<string, number | undefined>
  /** Makes a call, and lets its time pass until it has ended. Returns the backends that got its INVITE, in their order. */
  readonly call: (change?: { readonly from?: string; readonly called?: string }) => string[]
}

/** `gone`: nothing listens at B1. */
async function world(change: Partial<RouteAction> = {}, gone = false): Promise<World> {
  const sides = gone ? { B2 } : { B1, B2 }
  const other = ruleEntry({
    name: 'default/other',
    called: [{ type: 'prefix', value: '+1666' }],
    action: routeAction(),
  })
  const entries = [trunkEntry(), ruleEntry({ action: routeAction(change) }), other]
  const harness = await startHarness({ entries })
  const answers = new Map<string, number | undefined>([
    [B1, 200],
    [B2, 200],
  ])
  let count = 0
  let invited: string[] = []
  for (const [name, place] of Object.entries(sides)) {
    const seen = new Set<string>()
    harness.network.listen(place, ({ text }) => {
      const branch = headerOf(text, 'Via')[0] ?? ''
      if (methodOf(text) !== 'INVITE' || seen.has(branch)) return
      seen.add(branch)
      invited.push(name)
      const status = answers.get(place)
      if (status !== undefined) harness.network.deliver(place, responseText(text, status))
    })
  }
  return {
    harness,
    answers,
    call: ({ from = '+1999', called = '+15551234567' } = {}) => {
      const id = `call-${++count}`
      invited = []
      harness.network.deliver(
        PEER,
        requestText({
          uri: `sip:${called}@192.0.2.1`,
          callId: id,
          branch: `z9hG4bK-${id}`,
          from: `<sip:${from}@198.51.100.7>;tag=${id}`,
        }),
      )
      harness.clock.advance(2 * TIMEOUT_MS)
      return invited
    },
  }
}

const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

describe('a backend that stops answering', () => {
  it('is met by three calls, and by none after that, of any rule', async () => {
    const { answers, call } = await world()
    answers.set(B1, undefined)
    expect(times(5, () => call())).toEqual([
      ['B1', 'B2'],
      ['B1', 'B2'],
      ['B1', 'B2'],
      ['B2'],
      // The ejection is over by now: one call tries.
      ['B1', 'B2'],
    ])
    expect(call({ called: '+16661234567' })).toEqual(['B2'])
  })

  it('is met by one call only where nothing listens there any more', async () => {
    const { harness, call } = await world({}, true)
    harness.network.refuse(B1)
    expect([call(), call()]).toEqual([['B2'], ['B2']])
    expect(harness.calls().map(({ passedOver }) => passedOver.map(({ result }) => result))).toEqual([[], ['ejected']])
  })

  it('gets its calls back when one was answered', async () => {
    const { harness, answers, call } = await world()
    answers.set(B1, undefined)
    times(3, () => call())
    answers.set(B1, 200)
    harness.clock.advance(FIRST_EJECTION_MS)
    expect(call()).toEqual(['B1'])
    harness.clock.advance(SLOW_START_MS)
    expect(call()).toEqual(['B1'])
    expect(harness.events.filter(({ type }) => type === 'backend-health')).toMatchObject([
      { up: false, reason: 'timeout' },
      { up: true, reason: 'recovered' },
    ])
  })

  it('is still tried by every call where no backend is left', async () => {
    const { answers, call } = await world()
    answers.set(B1, undefined)
    answers.set(B2, undefined)
    times(3, () => call())
    expect([call(), call()]).toEqual([
      ['B1', 'B2'],
      ['B1', 'B2'],
    ])
    answers.set(B2, 200)
    call()
    expect(call()).toEqual(['B2'])
  })

  it('is not taken for dead because callers hang up or because it rings for long', async () => {
    const { answers, call, harness } = await world({ ringingTimeout: 1000 })
    answers.set(B1, 180)
    times(5, () => call())
    expect(harness.events.filter(({ type }) => type === 'backend-health')).toEqual([])
    expect(call()[0]).toBe('B1')
  })
})

describe('a backend that sends 503', () => {
  it('keeps its calls as long as it is one caller who gets them', async () => {
    const { answers, call } = await world()
    answers.set(B1, 503)
    expect(times(9, () => call()).at(-1)).toEqual(['B1', 'B2'])
  })

  it('is passed over once several callers have got five of them', async () => {
    const { answers, call } = await world()
    answers.set(B1, 503)
    const calls = times(6, (i) => call({ from: `+1999${i % 3}` }))
    expect(calls.map(([first]) => first)).toEqual(['B1', 'B1', 'B1', 'B1', 'B1', 'B2'])
  })

  it('keeps its calls where the rule leaves 503 out', async () => {
    const { answers, call } = await world({ ejectOn: ['timeout', 'transport'] })
    answers.set(B1, 503)
    expect(times(9, (i) => call({ from: `+1999${i}` })).at(-1)).toEqual(['B1', 'B2'])
  })

  it('keeps its calls where it sends 500 or 486, which is an answer', async () => {
    const { answers, call } = await world()
    answers.set(B1, 500)
    expect(times(9, (i) => call({ from: `+1999${i}` })).at(-1)).toEqual(['B1', 'B2'])
  })
})

describe('a name, of which one address is dead', () => {
  const NAME = { uri: 'sip:pbx.example', host: 'pbx.example', uriParameters: '', weight: 1, tier: 0 }

  /** B1 is the server that comes first, and nothing listens there. */
  async function namedWorld(): Promise<World> {
    const made = await world({ backends: [NAME] }, true)
    const servers = ['10.0.0.1', '10.0.0.2'].map((text, priority) => {
      const server = { target: `host${priority}.example`, priority, weight: 0, port: 5080, transport: undefined }
      return { ...server, addresses: [addressOf(text)] }
    })
    made.harness.table.setServers('pbx.example', servers)
    made.harness.network.refuse(B1)
    return made
  }

  it('has that address passed over after the first call, and tried again later', async () => {
    const { harness, call } = await namedWorld()
    expect([call(), call()]).toEqual([['B2'], ['B2']])
    expect(harness.calls().map(({ passedOver }) => passedOver)).toEqual([
      [],
      [{ backend: 'sip:pbx.example', result: 'ejected' }],
    ])
    expect(harness.events.filter(({ type }) => type === 'backend-health')).toMatchObject([
      { backend: 'sip:pbx.example', endpoint: B1, up: false, reason: 'transport' },
    ])
    expect(harness.sentTo(B2).find((text) => methodOf(text) === 'INVITE')).toMatch(/^INVITE sip:[^@]+@pbx\.example SIP/)
    harness.network.listen(B1, ({ text }) => {
      if (methodOf(text) === 'INVITE') harness.network.deliver(B1, responseText(text, 200))
    })
    harness.clock.advance(FIRST_EJECTION_MS)
    call()
    expect(harness.events.filter(({ type }) => type === 'backend-health').at(-1)).toMatchObject({
      ...{ endpoint: B1, up: true, reason: 'recovered' },
    })
  })
})
