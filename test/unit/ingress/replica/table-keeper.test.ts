import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createLiveTable } from '../../../../ingress/lookup/live-table.ts'
import { readTableFile } from '../../../../ingress/replica/table-file.ts'
import { readJournal, type TableChange } from '../../../../ingress/replica/table-journal.ts'
import { createTableKeeper, type TableKeeper } from '../../../../ingress/replica/table-keeper.ts'
import { createTableReplica, type TableReplica } from '../../../../ingress/replica/table-replica.ts'
import type { TableEntry } from '../../../../ingress/route-table/route-table.ts'
import { until } from '../../../support/cache-parts.ts'
import { ruleEntry } from '../../../support/table-entries.ts'
import { wholeTable } from '../../../support/whole-table.ts'

/** Rules r0, r1 and so on, as many as the version says. */
function tableAt(version: number): TableEntry[] {
  return Array.from({ length: version }, (_, i) => ruleEntry(`r${i}`))
}

function changeTo(version: number): TableChange {
  const { head, entries } = wholeTable(tableAt(version), { epoch: 1, version })
  return { type: 'delta', head, from: version - 1, changes: entries.slice(-1) }
}

describe('the keeper of a table', () => {
  let folder: string
  let file: string
  let replica: TableReplica
  let keeper: TableKeeper
  let disk: unknown[]

  /** What a process does that starts with this file. */
  async function start(): Promise<void> {
    replica = createTableReplica(createLiveTable())
    const snapshot = await readTableFile(file)
    const changes: TableChange[] = []
    if (snapshot !== undefined) {
      await replica.load(snapshot)
      for (const change of await readJournal(file)) if (await replica.apply(change)) changes.push(change)
    }
    disk = []
    keeper = createTableKeeper({
      file,
      head: () => replica.head,
      content: () => replica.head && { head: replica.head, entries: replica.entries() },
      found: replica.head && { head: replica.head, changes },
      onPosition: () => undefined,
      onDisk: (fault) => disk.push(fault),
    })
  }

  async function load(version: number): Promise<void> {
    const { head, entries } = wholeTable(tableAt(version), { epoch: 1, version })
    await replica.load({ head, entries: new Map(entries) })
    keeper.changed(undefined)
  }

  async function change(version: number): Promise<void> {
    const made = changeTo(version)
    expect(await replica.apply(made)).toBe(true)
    keeper.changed(made)
  }

  const reports = (version: number): Promise<void> => until(() => keeper.position?.version === version)

  /** What a process would find that starts now, whatever the present one still does. */
  async function found(): Promise<number | undefined> {
    const other = createTableReplica(createLiveTable())
    const snapshot = await readTableFile(file)
    if (snapshot === undefined) return undefined
    await other.load(snapshot)
    for (const change of await readJournal(file)) await other.apply(change)
    return other.head?.version
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'table-keeper-'))
    file = join(folder, 'table')
    await start()
  })
  afterEach(async () => {
    await keeper.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('reports nothing before the first table is on the disk, and then that', async () => {
    expect(keeper.position).toBeUndefined()
    await load(1)
    expect([keeper.position, await found()]).toEqual([undefined, undefined])
    await reports(1)
    expect(await found()).toBe(1)
  })

  it('reports no version that a restart would not find, through changes and whole tables', async () => {
    await load(1)
    for (let version = 2; version <= 40; version++) {
      if (version % 9 === 0) await load(version)
      else await change(version)
      const reported = keeper.position?.version ?? 0
      expect((await found()) ?? 0).toBeGreaterThanOrEqual(reported)
    }
    await reports(40)
    expect(await found()).toBe(40)
  })

  it('writes changes behind the file, and not the file again for each', async () => {
    await load(1)
    await reports(1)
    const before = readFileSync(file, 'utf8')
    await change(2)
    await change(3)
    await reports(3)
    expect(readFileSync(file, 'utf8')).toBe(before)
    expect((await readJournal(file)).map(({ head }) => head.version)).toEqual([2, 3])
  })

  it('writes the file again for a change that is too large for a line', async () => {
    await load(1)
    await reports(1)
    const long = ruleEntry('r1', { headers: [{ type: 'exact', name: 'x', value: 'v'.repeat(300_000) }] })
    const { head, entries } = wholeTable([...tableAt(1), long], { epoch: 1, version: 2 })
    const change: TableChange = { type: 'delta', head, from: 1, changes: entries.slice(-1) }
    // No entry is as long as this; what matters is how a change of that length is kept.
    keeper.changed(change)
    await until(async () => (await readJournal(file)).length === 0 && disk.length > 1)
    expect(await readJournal(file)).toEqual([])
  })

  it('goes on behind a journal whose last line was cut off', async () => {
    await load(1)
    await change(2)
    await reports(2)
    appendFileSync(`${file}.journal`, '["{\\"protocol\\":\\"1\\",\\"inst')
    await start()
    expect([replica.head?.version, keeper.position?.version]).toEqual([2, 2])
    await change(3)
    await reports(3)
    expect(await found()).toBe(3)
  })

  it.each([
    ['no JSON', 'nonsense\n'],
    ['no change', '[1,2,3]\n'],
    ['null', 'null\n'],
    ['a change with a head that is none', '["{}",1,[]]\n'],
    ['a change of no entries that is none of this table', `${JSON.stringify(['{}', 1, [[1, 2]]])}\n`],
  ])('uses the changes before a line that is %s', async (_what, line) => {
    await load(1)
    await change(2)
    await reports(2)
    writeFileSync(`${file}.journal`, `${readFileSync(`${file}.journal`, 'utf8')}${line}`)
    expect(await found()).toBe(2)
  })

  it('leaves out changes that are older than the file, and those behind a gap', async () => {
    await load(1)
    for (const version of [2, 3, 4]) await change(version)
    await reports(4)
    const lines = readFileSync(`${file}.journal`, 'utf8').split('\n')
    writeFileSync(`${file}.journal`, [lines[0], lines[2], ''].join('\n'))
    expect(await found()).toBe(2)
  })

  it('reports all the same while the disk takes nothing, says so, and is well again by itself', async () => {
    await load(1)
    await reports(1)
    // A folder in the place of the file that is written cannot be written.
    mkdirSync(`${file}.tmp`)
    await load(2)
    await reports(2)
    expect(String(disk.at(-1))).toContain('EISDIR')
    await change(3)
    expect([keeper.position?.version, await found()]).toEqual([3, 1])
    rmdirSync(`${file}.tmp`)
    await until(() => disk.at(-1) === undefined)
    expect(await found()).toBe(3)
    await change(4)
    await reports(4)
    expect(await found()).toBe(4)
  })

  it('reports all the same while the disk answers nothing, and is well again once it does', async () => {
    await load(1)
    await reports(1)
    // Whoever opens a FIFO to write waits until somebody reads.
    rmSync(`${file}.journal`)
    spawnSync('mkfifo', [`${file}.journal`])
    await change(2)
    await reports(2)
    expect(String(disk.at(-1))).toContain('nothing was written for')
    const reader = spawn('cat', [`${file}.journal`], { stdio: 'ignore' })
    await until(() => String(disk.at(-1)).includes('EINVAL') || String(disk.at(-1)).includes('regular file'))
    rmSync(`${file}.journal`)
    reader.kill()
    await until(() => disk.at(-1) === undefined)
    expect(await found()).toBe(2)
  })

  it('writes at a clean end what a failed write has left, without a change in between', async () => {
    mkdirSync(`${file}.tmp`)
    await load(1)
    await until(() => disk.length > 0)
    rmdirSync(`${file}.tmp`)
    await keeper.close()
    expect(await found()).toBe(1)
    await start()
  })

  it('leaves one file and an empty journal at a clean end', async () => {
    await load(1)
    await change(2)
    await reports(2)
    await keeper.close()
    expect([(await readTableFile(file))?.head.version, await readJournal(file)]).toEqual([2, []])
    await start()
  })
})
