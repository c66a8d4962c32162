import { readFileSync } from 'node:fs'
import { expect, it } from '@jest/globals'
import { CAPABILITIES } from '../support/engine-capabilities.ts'

const page = readFileSync(new URL('../../docs/engines.md', import.meta.url), 'utf8')

it('docs/engines.md says of every capability which engine has it, in the order in which the engines are asked', () => {
  const rows = page.split('\n').flatMap((line) => {
    const [, name = '', native = '', drachtio = ''] = line.split('|').map((cell) => cell.trim())
    return /^(yes|no)$/.test(native) ? [{ name, native, drachtio }] : []
  })
  const word = (can: boolean): string => (can ? 'yes' : 'no')
  expect(rows).toEqual(
    CAPABILITIES.map(({ name, native, drachtio }) => ({ name, native: word(native), drachtio: word(drachtio) })),
  )
})
