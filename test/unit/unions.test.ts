import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { findChains } from '../../.ci/union-chains.ts'

/** Code in which the last kind is left to what remains, and the line that says so. */
const REFUSED = {
  'ifs that return': [
    `function f(x) {
      if (x.type === 'exact') return 1
      if (x.type === 'prefix') return 2
      return 3
    }`,
    3,
  ],
  'ifs with else': [
    `function f(x) {
      if (x.kind === 'trunk') a()
      else if (x.kind === 'rule') b()
      else c()
    }`,
    3,
  ],
  'ternaries in a row': [`const f = (x) => x.type === 'exact' ? 1 : x.type === 'prefix' ? 2 : 3`, 1],
  'an if and a ternary': [
    `class A {
      #f(x) {
        if (x.type !== 'exact') return
        return x.type === 'prefix' ? 2 : 3
      }
    }`,
    4,
  ],
  'a set of kinds': [`const f = (x) => x.type === 'exact' || x.type === 'prefix'`, 1],
  'a tag that was taken out': [
    `function f({ type, value }) {
      if (type === 'exact') return value
      return type === 'prefix' ? value : 3
    }`,
    3,
  ],
  'a tag behind a question mark': [`const f = (x) => x?.type === 'exact' ? 1 : x.type === 'prefix' ? 2 : 3`, 1],
  'a ternary that reads both kinds': [`const f = (x) => x.type === 'range' ? x.from : x.value`, 1],
  'a ternary the other way round': [`const f = (x) => x.type !== 'range' ? x.value : x.from`, 1],
  'an if that reads the rest behind it': [
    `function f(x) {
      if (x.type === 'range') {
        return x.from
      }
      const { value } = x
      return value
    }`,
    2,
  ],
  'an if that reads the rest first': [
    `function f(x) {
      if (x.type !== 'range') return x.value
      return x.from
    }`,
    2,
  ],
} satisfies Record<string, readonly [string, number]>

const ALLOWED = {
  'a switch': `function f(x) { switch (x.type) { case 'exact': return x.value; case 'range': return x.from } }`,
  'a question for one kind': `const f = (xs) => xs.filter((x) => x.type === 'range')`,
  'one kind, and nothing of the others': `const f = (x) => x.type === 'Route' ? x.backends : []`,
  'a guard': `function f(x) {
    if (x.type !== 'changed') return
    use(x.offer)
  }`,
  'a guard that hands the others on whole': `function f(x) {
    if (x.type !== 'changed') return refuse(x)
    use(x.offer)
  }`,
  'a guard before a switch': `function f(x) {
    if (x.type === 'stranger') return drop(x.nearMisses)
    switch (x.type) {
      case 'known': return forbid(x.peer)
      case 'admitted': return admit(x.trunk)
    }
  }`,
  'what all kinds have, after one kind': `function f(x) {
    if (x.type === 'published') log(x.changed)
    count(x.version)
  }`,
  'a property that is no tag': `const f = (x) => x.state === 'a' ? x.b : x.state === 'c' ? x.d : x.e`,
  'tags of two objects': `const f = (x, y) => x.type === 'a' && y.type === 'b'`,
  'tags in two functions': `const f = (xs) => [xs.some((x) => x.type === 'a'), xs.some((x) => x.type === 'b')]`,
  'a table': `const f = (x) => x.type === 'address' ? x.address.text : WORDS[x.type]`,
} satisfies Record<string, string>

describe('a union that is taken apart', () => {
  it.each(Object.entries(REFUSED))('is refused as %s', (_, [code, line]) => {
    expect(findChains(code).map((chain) => chain.line)).toEqual([line])
  })

  it.each(Object.entries(ALLOWED))('is let through as %s', (_, code) => {
    expect(findChains(code)).toEqual([])
  })

  it('is found at its line behind characters of several bytes', () => {
    const code = `/** Ähnlich, “ähnlicher”. */\nconst f = (x) => x.type === 'range' ? x.from : x.value // ü\n`
    expect(findChains(code)).toMatchObject([{ line: 2, tag: 'x.type' }])
  })
})

describe('the check of the product', () => {
  let root = ''

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'unions-'))
    write('ingress/lookup/kept.ts', ALLOWED['a switch'])
  })

  afterEach(() => rmSync(root, { recursive: true }))

  it('names file, line and tag, and fails', () => {
    write('operator/compile/planted.ts', REFUSED['ifs that return'][0])
    const { status, stdout } = check('--floor', '1')
    expect(stdout).toContain('operator/compile/planted.ts:3: x.type is compared with exact, prefix')
    expect(status).toBe(1)
  })

  it('lets through a tree that keeps it', () => {
    expect(check('--floor', '1')).toMatchObject({ status: 0, stdout: '1 files, 0 chains on a tag\n' })
  })

  it('fails where it reads fewer files than there must be', () => {
    expect(check().stdout).toContain('too few files were read')
    expect(check().status).toBe(1)
  })

  function write(file: string, code: string): void {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), code)
  }

  function check(...args: string[]): { readonly status: number | null; readonly stdout: string } {
    return spawnSync(process.execPath, ['.ci/check-unions.ts', root, ...args], { encoding: 'utf8' })
  }
})
