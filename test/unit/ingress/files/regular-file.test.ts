import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readRegularFile, readRegularFileSync } from '../../../../ingress/files/regular-file.ts'

const MAX = 1000

let folder = ''
const listener = createServer()

const at = (name: string): string => (name.startsWith('/') ? name : join(folder, name))

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-files-'))
  execFileSync('mkfifo', [at('pipe')])
  symlinkSync(at('pipe'), at('link-to-pipe'))
  listener.listen(at('socket'))
  await once(listener, 'listening')
  writeFileSync(at('plain'), 'what it holds')
  symlinkSync(at('plain'), at('link'))
  symlinkSync(at('link'), at('link-to-link'))
  writeFileSync(at('empty'), '')
  writeFileSync(at('full'), 'x'.repeat(MAX))
  writeFileSync(at('too-long'), 'x'.repeat(MAX + 1))
  writeFileSync(at('huge'), '')
  truncateSync(at('huge'), 2 ** 40)
})

afterAll(() => {
  listener.close()
  rmSync(folder, { recursive: true })
})

const READERS = [
  ['at once', async (path: string) => readRegularFileSync(path, MAX)],
  ['in turns', (path: string) => readRegularFile(path, MAX)],
] as const

describe.each(READERS)('read %s', (_how, read) => {
  it.each([
    ['pipe', 'is a named pipe'],
    ['link-to-pipe', 'is a named pipe'],
    ['socket', 'is a socket'],
    ['.', 'is a folder'],
    ['/dev/zero', 'is a device'],
    ['/dev/urandom', 'is a device'],
    ['/dev/null', 'is a device'],
  ])('%s is refused, and nobody waits for it', async (name, why) => {
    await expect(read(at(name))).rejects.toMatchObject({
      code: 'not-a-regular-file',
      message: expect.stringContaining(`${at(name)} ${why}`),
    })
  })

  it.each(['too-long', 'huge'])('%s is refused', async (name) => {
    await expect(read(at(name))).rejects.toMatchObject({ code: 'file-too-large' })
  })

  it.each([
    ['plain', 'what it holds'],
    ['link', 'what it holds'],
    ['link-to-link', 'what it holds'],
    ['empty', ''],
    ['full', 'x'.repeat(MAX)],
  ])('%s is read whole', async (name, content) => {
    expect(String(await read(at(name)))).toBe(content)
  })

  it('a file that does not say how long it is is read up to the bound', async () => {
    expect(String(await read('/proc/self/comm'))).toMatch(/\w+\n$/)
    await expect(read('/proc/self/smaps')).rejects.toMatchObject({ code: 'file-too-large' })
  })

  it('a file that is not there is what the system says', async () => {
    await expect(read(at('none'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
