/** Every link of the documentation leads to a file and a heading that are there. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { anchorsOf, brokenLinks, documentationPages, linksOf } from '../../scripts/page-links.ts'
import { ROOT, readPage } from './commands-of-page.ts'

describe('the documentation', () => {
  it('has links', () => {
    const links = documentationPages(ROOT).flatMap((page) => linksOf(readPage(page)))
    expect(links.length).toBeGreaterThan(20)
    expect(links).toContain('docs/command-line.md')
  })

  it.each(documentationPages(ROOT))('%s has no link that leads nowhere', (page) => {
    expect(brokenLinks(ROOT, page)).toEqual([])
  })
})

describe('a link that leads nowhere is found', () => {
  let root = ''

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'sip-dispatch-links-'))
    writeFileSync(join(root, 'other.md'), '# Other\n\n## A part\n')
  })

  afterEach(() => rmSync(root, { recursive: true }))

  function brokenIn(text: string): string[] {
    writeFileSync(join(root, 'page.md'), text)
    return brokenLinks(root, 'page.md')
  }

  it.each([
    ['to a file', '[a](planted.md)', 'planted.md'],
    ['to a heading of another page', '[a](other.md#planted)', 'other.md#planted'],
    ['to a heading of its own', '[a](#planted)', '#planted'],
    ['to a heading of what is no page', '[a](.#planted)', '.#planted'],
    ['out of the repository', '[a](../planted.md)', '../planted.md'],
    ['that is an image', '![a](planted.png "title")', 'planted.png'],
    ['that is defined apart', 'see [a]\n\n[a]: planted.md', 'planted.md'],
  ])('%s', (_, text, target) => {
    expect(brokenIn(text)).toEqual([target])
  })

  it('and no other', () => {
    const text = '# Page\n\n[a](other.md#a-part) [b](#page) [c](https://example.com/planted.md) `[d](planted.md)`\n'
    expect(brokenIn(text)).toEqual([])
  })
})

describe("GitHub's anchor of a heading", () => {
  it.each([
    ['## On a cluster', 'on-a-cluster'],
    ['# `npm start` & friends, 99 %', 'npm-start--friends-99-'],
    ['### DispatchRule spec.action.route.backends[]', 'dispatchrule-specactionroutebackends'],
    ['## sip_dispatch_build_info', 'sip_dispatch_build_info'],
    ['## See [the page](page.md)', 'see-the-page'],
    ['## Größe ##', 'größe'],
  ])('%s', (heading, anchor) => {
    expect(anchorsOf(heading)).toEqual([anchor])
  })

  it('has a number where it is repeated', () => {
    expect(anchorsOf('# Changes\n## Fixed\n## Fixed\n## Fixed')).toEqual(['changes', 'fixed', 'fixed-1', 'fixed-2'])
  })

  it('is none for a comment in a block of code', () => {
    expect(anchorsOf('```sh\n# no heading\n```\n# Heading')).toEqual(['heading'])
  })
})
