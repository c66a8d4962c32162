import { spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import {
  change,
  cpuSecondsByProc,
  cpuSecondsByPs,
  secondsOf,
  silenceOf,
  stateOfGoCaches,
  work,
} from '../../../scripts/signs-of-life.mjs'
import { until } from '../../support/cache-parts.ts'

describe('silence', () => {
  it('is as long as no sign has come, however long all has taken', () => {
    let [now, sign] = [0, true]
    const { look } = silenceOf([() => false, () => sign], () => now)
    const looks = [1_000_000, 2_000_000, 2_000_010].map((time) => {
      sign = time !== 2_000_010
      now = time
      return look()
    })
    expect(looks).toEqual([0, 0, 10])
    sign = true
    expect(look()).toBe(0)
  })

  it('asks the dearer signs only where the cheaper ones have seen nothing', () => {
    let asked = 0
    const dear = (): boolean => {
      asked++
      return true
    }
    silenceOf([() => true, dear], () => 0).look()
    expect(asked).toBe(0)
    silenceOf([() => false, dear], () => 0).look()
    expect(asked).toBe(1)
  })
})

describe('a sign of life', () => {
  it('is a value that is another than before', () => {
    let value = 1
    const sign = change(() => value)
    expect(sign()).toBe(false)
    value = 2
    expect([sign(), sign()]).toEqual([true, false])
  })

  it('is a second of CPU time, even where it took many looks, and a process that has ended', () => {
    let seconds: number | undefined = 5
    const sign = work(1, () => seconds)
    const looks = [5.5, 5.9, 6.1, 6.2, 3, undefined, 3.1, 4].map((now) => {
      seconds = now
      return sign()
    })
    expect(looks).toEqual([false, false, true, false, true, false, false, true])
  })

  it.each([
    ['/proc', cpuSecondsByProc],
    ['ps', cpuSecondsByPs],
  ])('is read from %s for a process group, where this machine has it', async (_, read) => {
    const busy = spawn('sh', ['-c', 'while :; do :; done & wait'], { detached: true, stdio: 'ignore' })
    const group = busy.pid ?? 0
    try {
      expect(read(2 ** 30) ?? 0).toBe(0)
      if (read(process.pid) === undefined) return
      await until(() => (read(group) ?? 0) >= 1)
    } finally {
      process.kill(-group, 'SIGKILL')
    }
  })

  it.each([
    ['00:07', 7],
    ['12:34', 754],
    ['0:01.50', 1.5],
    ['01:00:00', 3600],
    ['2-01:00:05', 176_405],
  ])('is read from what ps writes: %s', (time, seconds) => expect(secondsOf(time)).toBe(seconds))
})

describe("the state of Go's caches", () => {
  let folder = ''
  const state = (): string => stateOfGoCaches(join(folder, 'build'), join(folder, 'modules'))

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-caches-'))
    mkdirSync(join(folder, 'build/0a'), { recursive: true })
    mkdirSync(join(folder, 'modules/cache/download/example.com/@v'), { recursive: true })
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  it('stays while nothing is built or fetched', () => expect(state()).toBe(state()))

  it('changes with a package that is built', () => {
    const before = state()
    writeFileSync(join(folder, 'build/0a/package'), 'x')
    expect(state()).not.toBe(before)
  })

  it('changes while one archive is being fetched', () => {
    const archive = join(folder, 'modules/cache/download/example.com/@v/v1.0.0.zip123.tmp')
    writeFileSync(archive, 'x')
    const before = state()
    appendFileSync(archive, 'y')
    expect(state()).not.toBe(before)
  })

  it('is one where there are no caches yet', () => {
    expect(stateOfGoCaches(join(folder, 'none'), join(folder, 'none'))).toBe('0 0')
  })
})
