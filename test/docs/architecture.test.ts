/** The picture of docs/architecture.md is the tree of folders, and what its table names is there. */
import { existsSync, globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { ROOT, readPage } from './commands-of-page.ts'

const PRODUCT = 'crds,operator,ingress,standalone,cli'

const page = readPage('docs/architecture.md')

/** The folders of a picture, in which two spaces more are one level deeper; each needs a word on what is in it. */
function drawnFolders(picture: string): string[] {
  const above: string[] = []
  return [...picture.matchAll(/^( *)([a-z-]+)\/ +\S.*$/gm)].map(([, indent = '', name = '']) => {
    above.length = indent.length / 2
    above.push(name)
    return above.join('/')
  })
}

/** Folders that hold code of the product, and those above them. */
function productFolders(): string[] {
  const folders = new Set<string>()
  for (const file of globSync(`{${PRODUCT}}/**/*.ts`, { cwd: ROOT })) {
    for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) folders.add(folder)
  }
  return [...folders]
}

describe('docs/architecture.md', () => {
  it('draws every folder of the product, and no other', () => {
    const [, picture = ''] = page.split('```')
    expect(drawnFolders(picture).toSorted()).toEqual(productFolders().toSorted())
  })

  it('says by one file each where things are', () => {
    const rows = [...page.matchAll(/^\| [^|]+ \| `([^`|]+\.ts)` +\|$/gm)].map(([, file = '']) => file)
    expect(rows.length).toBeGreaterThanOrEqual(8)
    expect(rows.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
  })

  it('names files that are there', () => {
    const named = [...page.matchAll(/`((?:\.ci|cli|crds|ingress|operator|standalone|test)\/[\w./-]+)`/g)]
    expect(named.length).toBeGreaterThan(20)
    expect(named.map(([, path = '']) => path).filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })
})

describe('a picture', () => {
  it('is read level by level, and a folder without a word is not drawn', () => {
    const picture = 'a/   one\n  b/ two\n    c/ three\n  d/ four\n  e/\nf/ five\n'
    expect(drawnFolders(picture)).toEqual(['a', 'a/b', 'a/b/c', 'a/d', 'f'])
  })
})
