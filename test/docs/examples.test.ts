/** What a page shows as a file of `examples/` is that file. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from '@jest/globals'
import { ROOT, readPage } from './commands-of-page.ts'

const FOLDER = join(ROOT, 'examples/backends')

it('docs/backends.md shows every manifest of examples/backends as it is', () => {
  const shown = [...readPage('docs/backends.md').matchAll(/```yaml\n([^`]*)```/g)].map(([, block = '']) => block)
  const files = readdirSync(FOLDER).map((name) => readFileSync(join(FOLDER, name), 'utf8'))
  expect(files.length).toBeGreaterThan(0)
  expect(shown.toSorted()).toEqual(files.toSorted())
})
