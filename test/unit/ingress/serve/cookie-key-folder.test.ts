import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { readCookieKeys, watchCookieKeys } from '../../../../ingress/serve/cookie-key-folder.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { strongKey } from '../../../support/strong-key.ts'

const A = strongKey('a')
const B = strongKey('b', 48)

/** Longer than the time between two looks. */
const A_WHILE_MS = 60_000

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-keys-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function put(name: string, key: Buffer): void {
  writeFileSync(join(folder, name), key)
}

describe('a folder of keys', () => {
  it('has a current key, and in a rotation a previous one', () => {
    put('cookie.current', A)
    expect(readCookieKeys(folder)).toEqual([A])
    put('cookie.previous', B)
    expect(readCookieKeys(folder)).toEqual([A, B])
  })

  it('is refused without a current key, with the name of the file', () => {
    put('cookie.previous', B)
    expect(() => readCookieKeys(folder)).toThrow(`${join(folder, 'cookie.current')} is missing`)
  })

  it.each([
    ['no bytes', Buffer.alloc(0), 'has only 0 bytes: a key has 32 or more'],
    ['31 bytes', strongKey('a', 31), 'has only 31 bytes: a key has 32 or more'],
    ['1025 bytes', strongKey('a', 1025), 'has 1025 bytes or more: at most 1024 are read'],
    ['32 zero bytes', Buffer.alloc(32), 'consists of one byte only'],
    ['blank lines', Buffer.from('\n'.repeat(32)), 'holds nothing but blanks'],
  ])('is refused with a key of %s, current or previous', (_what, key, problem) => {
    for (const name of ['cookie.previous', 'cookie.current']) {
      put('cookie.current', A)
      put(name, key)
      expect(() => readCookieKeys(folder)).toThrow(problem)
    }
  })

  it.each(['cookie.current', 'cookie.previous'])('is refused at once where %s is a pipe', (name) => {
    put('cookie.current', A)
    rmSync(join(folder, name), { force: true })
    execFileSync('mkfifo', [join(folder, name)])
    expect(() => readCookieKeys(folder)).toThrow('is a named pipe: a regular file is needed')
  })

  it('is refused at once where a key is a link to a device that never ends', () => {
    symlinkSync('/dev/zero', join(folder, 'cookie.current'))
    expect(() => readCookieKeys(folder)).toThrow('is a device: a regular file is needed')
  })

  it('is refused where a key cannot be read', () => {
    mkdirSync(join(folder, 'cookie.current'))
    expect(() => readCookieKeys(folder)).toThrow('cannot be read')
  })
})

describe('a watched folder of keys', () => {
  function watch(keys: readonly Buffer[]) {
    const clock = new FakeClock()
    const taken: (readonly Buffer[])[] = []
    const faults: string[] = []
    const watching = watchCookieKeys({
      folder,
      clock,
      keys,
      onKeys: (changed) => taken.push(changed),
      onFault: (code, message) => faults.push(`${code}: ${message}`),
    })
    return { clock, taken, faults, watching }
  }

  it('tells a change once, and nothing where there is none', () => {
    put('cookie.current', A)
    const { clock, taken, faults } = watch([A])
    clock.advance(A_WHILE_MS)
    expect(taken).toEqual([])
    put('cookie.previous', A)
    put('cookie.current', B)
    clock.advance(A_WHILE_MS)
    expect([taken, faults]).toEqual([[[B, A]], []])
  })

  it('follows the link that a Secret volume swaps', () => {
    const version = (name: string, key: Buffer): void => {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'cookie.current'), key)
    }
    version('..1', A)
    symlinkSync('..1', join(folder, '..data'))
    symlinkSync(join('..data', 'cookie.current'), join(folder, 'cookie.current'))
    const { clock, taken } = watch(readCookieKeys(folder))
    version('..2', B)
    symlinkSync('..2', join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    clock.advance(A_WHILE_MS)
    expect(taken).toEqual([[B]])
  })

  it('keeps the last good keys when the files go bad, says so once, and takes good ones again', () => {
    put('cookie.current', A)
    const { clock, taken, faults } = watch([A])
    put('cookie.current', strongKey('a', 5))
    clock.advance(A_WHILE_MS)
    const problem = `${join(folder, 'cookie.current')} has only 5 bytes: a key has 32 or more`
    expect([taken, faults]).toEqual([[], [`keys-unusable: ${problem}; the last good keys stay`]])
    put('cookie.current', B)
    clock.advance(A_WHILE_MS)
    expect(taken).toEqual([[B]])
  })

  it('is left alone once it is closed', () => {
    put('cookie.current', A)
    const { clock, taken, watching } = watch([A])
    watching.close()
    put('cookie.current', B)
    clock.advance(A_WHILE_MS)
    expect([taken, clock.pending]).toEqual([[], 0])
  })
})
