import { describe, expect, it } from '@jest/globals'
import { parseIpAddress } from '../../../../ingress/address/ip-address.ts'
import type { Location } from '../../../../ingress/resolve/locate-servers.ts'
import { createNameResolver, type NameState } from '../../../../ingress/resolve/name-resolver.ts'
import type { NamedPlace } from '../../../../ingress/route-table/route-table.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const HOUR = 3_600_000

function found(addresses: readonly string[], ttlSeconds = 100): Location {
  const servers = addresses.map((text) => ({
    ...{ target: 'pbx.example', priority: 0, weight: 0, port: 5060, transport: undefined },
    addresses: [parseIpAddress(text)].filter((address) => address !== undefined),
  }))
  return { type: 'found', servers, ttlSeconds, refused: [], leftOut: 0 }
}

const SERVFAIL: Location = { type: 'failed', fault: 'servfail', detail: 'the server says so' }
const NXDOMAIN: Location = { type: 'denied', fault: 'nxdomain', detail: 'no such name' }

/** A resolver over answers that the test sets; chance is always 0, so a refresh comes after 70 % of the TTL. */
function start(first: Location) {
  const clock = new FakeClock()
  const states: NameState[] = []
  const forgotten: string[] = []
  const asked: string[] = []
  const script = { answer: first as Location | Error | undefined }
  const resolver = createNameResolver({
    clock,
    fraction: () => 0,
    onState: (state) => void states.push(state),
    onForgotten: (place) => void forgotten.push(place),
    locate: ({ host }) => {
      asked.push(host)
      const { answer } = script
      if (answer instanceof Error) return Promise.reject(answer)
      return answer ? Promise.resolve(answer) : new Promise(() => undefined)
    },
  })
  const pbx: NamedPlace = { host: 'pbx.example' }
  return { clock, states, forgotten, asked, script, resolver, pbx, last: () => states.at(-1) }
}

/** Lets promises that are already resolved do their work. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

async function advance(clock: FakeClock, ms: number): Promise<void> {
  clock.advance(ms)
  await settled()
}

const addressesOf = (state: NameState | undefined) =>
  state?.servers?.flatMap(({ addresses }) => addresses.map(({ text }) => text))

describe('a name of the table', () => {
  it('is looked up at once, and again before its answer runs out', async () => {
    const { clock, states, resolver, pbx, asked, last } = start(found(['10.0.0.1']))
    resolver.retain([pbx])
    expect([asked, resolver.pending]).toEqual([['pbx.example'], 1])
    await settled()
    expect(last()).toMatchObject({ place: 'pbx.example', result: 'resolved', added: ['10.0.0.1:5060'], removed: [] })
    expect(resolver.pending).toBe(0)
    await advance(clock, 69_999)
    expect(states).toHaveLength(1)
    await advance(clock, 1)
    expect(states).toHaveLength(2)
    expect(last()).toMatchObject({ added: [], removed: [] })
  })

  it('keeps the very same list of servers while DNS says the same in another order', async () => {
    const { clock, states, resolver, pbx, script } = start(found(['10.0.0.1', '10.0.0.2']))
    resolver.retain([pbx])
    await settled()
    script.answer = found(['10.0.0.2', '10.0.0.1'])
    await advance(clock, 70_000)
    expect(states[1]?.servers).toBe(states[0]?.servers)
  })

  it('changes to what DNS says now, and tells which peers came and went', async () => {
    const { clock, resolver, pbx, script, last } = start(found(['10.0.0.1', '10.0.0.2']))
    resolver.retain([pbx])
    await settled()
    script.answer = found(['10.0.0.2', '2001:db8::3'])
    await advance(clock, 70_000)
    expect(last()).toMatchObject({ added: ['[2001:db8::3]:5060'], removed: ['10.0.0.1:5060'] })
  })

  it('keeps its last answer while DNS fails, says since when, and asks at growing intervals', async () => {
    const { clock, states, resolver, pbx, script, last } = start(found(['10.0.0.1']))
    resolver.retain([pbx])
    await settled()
    script.answer = SERVFAIL
    await advance(clock, 70_000)
    expect(last()).toMatchObject({ result: 'servfail', detail: 'the server says so', staleSince: 70_000, failures: 1 })
    expect(addressesOf(last())).toEqual(['10.0.0.1'])
    const times: number[] = []
    for (let second = 0; second < 100; second++) {
      const before = states.length
      await advance(clock, 1_000)
      if (states.length > before) times.push(second + 1)
    }
    expect(times).toEqual([1, 3, 7, 15, 31, 61, 91])
    expect(last()).toMatchObject({ staleSince: 70_000, failures: 8 })
    script.answer = found(['10.0.0.1'])
    await advance(clock, 30_000)
    expect(last()).toMatchObject({ result: 'resolved', staleSince: undefined, failures: 0, added: [], removed: [] })
  })

  it('gives its answer up after a day of failures', async () => {
    const { clock, resolver, pbx, script, last } = start(found(['10.0.0.1']))
    resolver.retain([pbx])
    await settled()
    script.answer = SERVFAIL
    await advance(clock, 70_000)
    clock.advance(24 * HOUR - 1)
    await settled()
    await advance(clock, 30_000)
    expect(last()).toMatchObject({ servers: undefined, staleSince: undefined, removed: ['10.0.0.1:5060'] })
  })

  it('gives its answer up five minutes after DNS has denied the name', async () => {
    const { clock, resolver, pbx, script, last } = start(found(['10.0.0.1']))
    resolver.retain([pbx])
    await settled()
    script.answer = NXDOMAIN
    await advance(clock, 70_000)
    expect(last()).toMatchObject({ result: 'nxdomain', staleSince: 70_000 })
    for (let i = 0; i < 9; i++) await advance(clock, 30_000)
    expect(addressesOf(last())).toEqual(['10.0.0.1'])
    for (let i = 0; i < 2; i++) await advance(clock, 30_000)
    expect(last()).toMatchObject({ servers: undefined })
  })

  it('counts the minutes of a denial anew after a failure, which denies nothing', async () => {
    const { clock, resolver, pbx, script, last } = start(found(['10.0.0.1']))
    resolver.retain([pbx])
    await settled()
    script.answer = NXDOMAIN
    await advance(clock, 70_000)
    for (let i = 0; i < 9; i++) await advance(clock, 30_000)
    script.answer = SERVFAIL
    await advance(clock, 30_000)
    script.answer = NXDOMAIN
    for (let i = 0; i < 9; i++) await advance(clock, 30_000)
    expect(addressesOf(last())).toEqual(['10.0.0.1'])
  })

  it('that never resolved is told as such, and asked for again', async () => {
    const { clock, resolver, pbx, script, last } = start(NXDOMAIN)
    resolver.retain([pbx])
    await settled()
    expect(last()).toMatchObject({ result: 'nxdomain', servers: undefined, staleSince: undefined, failures: 1 })
    expect(resolver.pending).toBe(0)
    script.answer = found(['10.0.0.1'])
    await advance(clock, 1_000)
    expect(last()).toMatchObject({ result: 'resolved', added: ['10.0.0.1:5060'] })
  })

  it('is forgotten with the table: no timer is left, and a late answer changes nothing', async () => {
    const { clock, states, resolver, pbx, script, forgotten } = start(found(['10.0.0.1']))
    resolver.retain([pbx])
    await settled()
    script.answer = undefined
    resolver.retain([pbx, { host: 'slow.example' }])
    expect(resolver.pending).toBe(1)
    resolver.retain([])
    expect([forgotten, resolver.pending, clock.pending]).toEqual([['pbx.example', 'slow.example'], 0, 0])
    await settled()
    expect(states).toHaveLength(1)
  })

  it('is looked up once, however often the table changes', async () => {
    const { asked, resolver, pbx } = start(found(['10.0.0.1']))
    for (let i = 0; i < 5; i++) resolver.retain([pbx, { ...pbx, port: 5070 }])
    await settled()
    expect(asked).toEqual(['pbx.example', 'pbx.example'])
  })

  it('that breaks the look-up is one that fails, and is asked for again', async () => {
    const { clock, resolver, pbx, script, last } = start(found(['10.0.0.1']))
    script.answer = new Error('a defect')
    resolver.retain([pbx])
    await settled()
    expect(last()).toMatchObject({ result: 'malformed', detail: 'the look-up broke: a defect', failures: 1 })
    script.answer = found(['10.0.0.1'])
    await advance(clock, 1_000)
    expect(last()).toMatchObject({ result: 'resolved' })
  })

  it('waits for its turn: of 1,000 names 32 are looked up at the same time', async () => {
    const { asked, resolver, script } = start(found(['10.0.0.1']))
    script.answer = undefined
    resolver.retain(Array.from({ length: 1_000 }, (_, i) => ({ host: `pbx${i}.example` })))
    await settled()
    expect([asked.length, resolver.pending]).toEqual([32, 1_000])
    resolver.close()
  })
})
