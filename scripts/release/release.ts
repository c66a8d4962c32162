/** Makes a release, or shows what it would contain: see HELP in order.ts. */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endOnError, ROOT } from '../command.mjs'
import { brokenLinks, documentationPages } from '../page-links.ts'
import { writeBillOfMaterials } from './bill-of-materials.ts'
import { changesOf, cutChangelog, notesOf } from './changelog.ts'
import { packageChart } from './chart-package.ts'
import { pinnedBases, writeImageContext } from './image-context.ts'
import { HELP, type Order, readOrder, UNKNOWN_OWNER } from './order.ts'
import {
  commitAndTag,
  commitId,
  commitTime,
  demandCleanTree,
  demandNewTag,
  demandTaggedCommit,
  exportCommit,
  tagOf,
} from './repository.ts'
import { currentVersion, demandGreater, writeVersion } from './version.ts'

const CHANGELOG = 'CHANGELOG.md'

try {
  const order = readOrder(ROOT, process.argv.slice(2))
  if (order === undefined) console.log(HELP)
  else release(order)
} catch (error) {
  endOnError(error)
}

function release(order: Order): void {
  const { version, mode } = order
  demandReady(order)
  const out = join(ROOT, 'release', version)
  const work = mkdtempSync(join(tmpdir(), 'sip-dispatch-release-'))
  try {
    // npm uses the name of the folder in its lists.
    const source = join(work, 'sip-dispatch')
    exportCommit(ROOT, source)
    const notes =
      mode === 'tagged' ? notesOf(readFileSync(join(source, CHANGELOG), 'utf8'), version) : cut(source, version)
    rmSync(out, { recursive: true, force: true })
    mkdirSync(out, { recursive: true })
    build(source, out, { ...order, notes })
    if (mode === 'commit') commit(source, version)
  } finally {
    rmSync(work, { recursive: true })
  }
  sayWhatIsLeft(order)
}

/** Reports every obstacle before anything is built. */
function demandReady({ version, mode }: Order): void {
  demandCleanTree(ROOT)
  const current = currentVersion(ROOT)
  if (mode === 'tagged') {
    demandTaggedCommit(ROOT, version)
    if (current === version) return
    throw new Error(`RELEASE_VERSIONS_DIFFER: the tag says ${version}, and the sources say ${current}`)
  }
  demandGreater(version, current)
  demandNewTag(ROOT, version)
}

/** Writes version and changelog in a folder; returns the changes of the version. */
function cut(source: string, version: string): string {
  const file = join(source, CHANGELOG)
  const date = new Date().toISOString().slice(0, 10)
  const { text, notes } = cutChangelog(readFileSync(file, 'utf8'), { version, date })
  writeFileSync(file, text)
  writeVersion(source, version)
  return notes
}

function build(source: string, out: string, { notes, ...order }: Order & { readonly notes: string }): void {
  const named = (ending: string): string => join(out, `sip-dispatch-${order.version}${ending}`)
  const changes = changesOf(notes)
  writeFileSync(join(out, 'notes.md'), `${notes}\n`)
  reportDone('changelog', `${changes.length} changes`)
  demandLinks(source)
  reportDone('links', 'of the documentation')
  reportDone('image', `built on ${pinnedBases(source).join(', ')}`)
  writeImageContext(source, named('-image-context.tar.gz'), commitTime(ROOT))
  reportDone('bill of materials', `${writeBillOfMaterials(source, named('.cdx.json'))} packages`)
  packageChart(source, out, { ...order, changes })
  reportDone('chart', order.signing.length > 0 ? 'signed' : 'not signed: --sign-key was not given')
  writeChecksums(out)
  reportDone('checksums', join(out, 'SHA256SUMS'))
}

function demandLinks(source: string): void {
  const broken = documentationPages(source).flatMap((page) =>
    brokenLinks(source, page).map((link) => `\n  ${page}: ${link}`),
  )
  if (broken.length > 0) throw new Error(`RELEASE_LINKS: these lead nowhere:${broken.join('')}`)
}

/** Writes checksums in the format of `sha256sum --check`. */
function writeChecksums(out: string): void {
  const lines = readdirSync(out)
    .toSorted()
    .map(
      (name) =>
        `${createHash('sha256')
          .update(readFileSync(join(out, name)))
          .digest('hex')}  ${name}\n`,
    )
  writeFileSync(join(out, 'SHA256SUMS'), lines.join(''))
}

/** Makes the changes of the build in the working tree, and commits them. */
function commit(source: string, version: string): void {
  writeFileSync(join(ROOT, CHANGELOG), readFileSync(join(source, CHANGELOG)))
  commitAndTag(ROOT, version, [CHANGELOG, ...writeVersion(ROOT, version)])
}

function reportDone(what: string, how: string): void {
  console.log(`ok     ${what}: ${how}`)
}

function sayWhatIsLeft({ version, mode, repository }: Order): void {
  if (repository === UNKNOWN_OWNER) {
    console.log(`note   origin does not lead to GitHub: the chart names ${UNKNOWN_OWNER}; --repository says otherwise`)
  }
  console.log(`note   no test was run: npm test has to have passed for ${commitId(ROOT)}`)
  if (mode === 'dry-run') console.log(`That was a dry run: nothing but release/${version} has changed.`)
  if (mode === 'commit') {
    console.log(`Committed and tagged, here alone. To publish it: git push --atomic origin HEAD ${tagOf(version)}`)
  }
}
