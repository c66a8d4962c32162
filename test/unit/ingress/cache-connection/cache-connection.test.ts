import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { parseCacheAddress } from '../../../../ingress/cache-connection/cache-address.ts'
import { createCacheConnection } from '../../../../ingress/cache-connection/cache-connection.ts'

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-credentials-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

/** What is wrong with a connection that reads this file; nobody listens at its address. */
async function problemOf(which: 'passwordFile' | 'caFile', content: string | undefined): Promise<string> {
  const file = join(folder, 'file')
  rmSync(file, { force: true })
  if (content === undefined) symlinkSync('/dev/zero', file)
  else writeFileSync(file, content)
  const connection = createCacheConnection({
    address: parseCacheAddress('rediss://127.0.0.1:1'),
    name: 'test',
    passwordFile: undefined,
    caFile: undefined,
    [which]: file,
  })
  try {
    return await connection.send('key', ['PING']).then(String, String)
  } finally {
    connection.close()
  }
}

it.each([
  ['nothing', ''],
  ['a line end', '\n'],
  ['blank lines', '\n\n\n'],
  ['blanks', '  \t \n'],
  ['two lines', 'one\ntwo\n'],
  ['a zero byte', 'one\0\n'],
])('a password file that holds %s is refused', async (_what, content) => {
  expect(await problemOf('passwordFile', content)).toContain('holds no password: one line')
})

it('a password file that never ends is refused', async () => {
  expect(await problemOf('passwordFile', undefined)).toContain('is a device')
})

it.each(['', '\n', 'no certificate'])(
  'a file of certificates that holds %j is refused, not taken for none',
  async (content) => {
    expect(await problemOf('caFile', content)).toContain('holds no PEM')
  },
)
