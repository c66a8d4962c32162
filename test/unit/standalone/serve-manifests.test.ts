import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createLogger } from '../../../ingress/log/logger.ts'
import { createLiveTable } from '../../../ingress/lookup/live-table.ts'
import { createMetrics } from '../../../ingress/metrics/metrics.ts'
import { type ManifestThread, startManifestThread, type ThreadListener } from '../../../standalone/manifest-thread.ts'
import type { ReadOutcome } from '../../../standalone/reader-messages.ts'
import { serveManifests } from '../../../standalone/serve-manifests.ts'
import { dispatchRule, manifestText, sipTrunk } from '../../support/manifest-text.ts'

type Line = Readonly<Record<string, unknown>>

const TRUNK = sipTrunk('carrier', { sources: ['192.0.2.1'] })
const REJECT = { type: 'Reject', reject: { status: 404 } }

/** A file that takes any machine a good part of a second, and much memory: a document of nothing but keys. */
const MONSTER = Array.from({ length: 400_000 }, (_, i) => `k${i}: 1`).join('\n')
/** Turns of the event loop that no reading on it would leave: a file at a time has some dozens. */
const MANY_TURNS = 1000
const ROOMY = { memoryMebibytes: 1000, silenceMs: 600_000 }

let folder: string
let thread: ManifestThread | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'served-manifests-'))
})
afterEach(async () => {
  thread?.close()
  await rm(folder, { recursive: true, force: true })
})

const put = (name: string, text: string) => writeFile(join(folder, name), text)
const rules = (count: number, status = 404) =>
  manifestText(
    Array.from({ length: count }, (_, i) =>
      dispatchRule(`r${i}`, `+1555${1_000_000 + i}`, { type: 'Reject', reject: { status } }),
    ),
  )

/** A core as far as a table needs one, and what its log says. */
function coreOf() {
  const lines: Line[] = []
  let onLine = (): void => undefined
  const write = (text: string): void => {
    lines.push(JSON.parse(text))
    onLine()
  }
  const said = (isMeant: (line: Line) => boolean): Promise<Line> =>
    new Promise((resolve) => {
      onLine = () => {
        const found = lines.find(isMeant)
        if (found) resolve(found)
      }
      onLine()
    })
  let changes = 0
  const core = {
    table: createLiveTable(),
    logger: createLogger('info', { write }),
    metrics: createMetrics({
      version: '1',
      engine: 'native',
      installation: undefined,
      ruleSeries: 10,
      now: () => 0,
      wallClock: () => 0,
    }),
    tableChanged: () => {
      changes++
    },
  }
  return { core, lines, said, changes: () => changes }
}

/** Turns of the event loop until a promise is settled. */
async function turnsUntil(work: Promise<unknown>): Promise<number> {
  let turns = 0
  let next: NodeJS.Immediate | undefined
  const turn = (): void => {
    turns++
    next = setImmediate(turn)
  }
  turn()
  await work.catch(() => undefined)
  clearImmediate(next)
  return turns
}

describe('a folder that is served', () => {
  it('is the table of the process, and each change of it a change of the table', async () => {
    await put('a.json', manifestText([TRUNK, dispatchRule('one', '+15550001', REJECT)]))
    const { core, said, lines } = coreOf()
    thread = await serveManifests(folder, core)
    expect([...core.table.ruleNames.keys()]).toEqual(['default/one'])
    await put('b.json', manifestText([dispatchRule('two', '+15550002', REJECT)]))
    expect(await said(({ msg }) => msg === 'manifests changed')).toMatchObject({ added: ['rule default/two'] })
    expect([...core.table.ruleNames.keys()]).toEqual(['default/one', 'default/two'])
    expect(core.table.version).toBe(2)
    await rm(join(folder, 'a.json'))
    await said(({ removed }) => Array.isArray(removed) && removed.includes('rule default/one'))
    expect(lines.filter(({ msg }) => msg === 'condition')).toHaveLength(0)
    expect([...core.table.ruleNames.keys()]).toEqual(['default/two'])
  })

  it('becomes the table though thousands of rules change at once', async () => {
    await put('a.json', manifestText([TRUNK]))
    await put('b.json', rules(3000))
    const { core, said } = coreOf()
    thread = await serveManifests(folder, core)
    await put('b.json', rules(2900, 486))
    expect(await said(({ msg }) => msg === 'manifests changed')).toMatchObject({ more: 2980 })
    expect(core.table.entries).toBe(2901)
    expect(core.table.rule('default/r5')?.action).toMatchObject({ status: 486 })
  })

  it('leaves the event loop to calls while a large one is read for the first time', async () => {
    await put('a.yaml', MONSTER)
    const { core } = coreOf()
    const served = serveManifests(folder, core)
    expect(await turnsUntil(served)).toBeGreaterThan(MANY_TURNS)
    await expect(served).rejects.toMatchObject({ code: 'manifests-refused' })
  })

  it('leaves the event loop to calls while a large file comes to a table that is in use', async () => {
    await put('a.json', manifestText([TRUNK]))
    const { core, said } = coreOf()
    thread = await serveManifests(folder, core)
    await put('b.yaml', MONSTER)
    const refused = said(({ msg }) => msg === 'manifests refused, last good table kept')
    expect(await turnsUntil(refused)).toBeGreaterThan(MANY_TURNS)
    expect(await refused).toMatchObject({ code: 'unknown_kind' })
    await rm(join(folder, 'b.yaml'))
    await said(({ msg }) => msg === 'manifests are right again')
    expect(core.table.version).toBe(1)
  })

  it('tells a hundred lines of a folder full of faults, and how many more there are', async () => {
    await put('a.json', manifestText([TRUNK]))
    const { core, said, lines } = coreOf()
    thread = await serveManifests(folder, core)
    for (let i = 0; i < 120; i++) await put(`b${i}.yaml`, 'hello\n')
    await said(({ problem }) => String(problem).includes('and 20 more problems in this folder'))
    expect(lines.filter(({ code }) => code === 'not_an_object').length).toBeGreaterThanOrEqual(100)
  })
})

describe('the thread that reads', () => {
  /** Says what becomes of it, one after the other. */
  function listenerOf() {
    const events: (ReadOutcome | { readonly type: 'lost'; readonly code: string; readonly message: string })[] = []
    let wake = (): void => undefined
    const note = (event: (typeof events)[number]): void => {
      events.push(event)
      wake()
    }
    const next = async () => {
      while (events.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      return events.shift()
    }
    const listener: ThreadListener = {
      inUse: () => ({ version: 3, hashes: [['trunk/default/gone', 5]] }),
      onRead: async (outcome) => {
        note(outcome)
        return true
      },
      onUnchanged: () => undefined,
      onLost: ({ code, message }) => note({ type: 'lost', code, message }),
    }
    return { listener, next }
  }

  it('may take all its memory without harm, is told, and reads again once the folder is another', async () => {
    await put('a.yaml', MONSTER)
    const { listener, next } = listenerOf()
    thread = startManifestThread(folder, listener, { ...ROOMY, memoryMebibytes: 64 })
    expect(await next()).toMatchObject({
      code: 'reader-out-of-memory',
      message: expect.stringContaining('more than 64 MiB: make what was added last smaller'),
    })
    await put('a.yaml', manifestText([TRUNK]))
    // What the table in use holds it has been told: the change leads from there.
    expect(await next()).toMatchObject({
      ...{ type: 'changed', from: 3, head: { version: 4 } },
      names: { added: ['trunk default/carrier'], removed: ['trunk default/gone'] },
    })
  })

  it('is given up where it makes no step, and told', async () => {
    await put('a.yaml', MONSTER)
    const { listener, next } = listenerOf()
    thread = startManifestThread(folder, listener, { ...ROOMY, silenceMs: 1 })
    expect(await next()).toMatchObject({
      code: 'reader-too-slow',
      message: expect.stringContaining('split what was added last into smaller files'),
    })
  })
})
