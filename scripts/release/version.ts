/** The version of a release, and every place in the sources that contains it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gt, parse } from 'semver'

/** A place in a file: the text before the version, and the version. Every match in the file counts. */
interface VersionPlace {
  readonly file: string
  readonly pattern: RegExp
}

/** How pages write a version: after the image, and after the chart in a registry. */
const IN_PAGES = /(?<=\/sip-dispatch:|\/sip-dispatch --version )\d+\.\d+\.\d+(?:-[\w.-]+)?/g

const PLACES: readonly VersionPlace[] = [
  { file: 'package.json', pattern: /(?<=^ {2}"version": ")[^"]+/gm },
  {
    file: 'package-lock.json',
    pattern: /(?<=^ {2}"version": "|^ {4}"": \{\s+"name": "sip-dispatch",\s+"version": ")[^"]+/gm,
  },
  { file: 'helm/sip-dispatch/Chart.yaml', pattern: /(?<=^(?:version|appVersion): ).+/gm },
  { file: 'README.md', pattern: IN_PAGES },
  { file: 'docs/getting-started.md', pattern: IN_PAGES },
]

/**
 * The version of the new release: a Semantic Version without characters that a tag of an image cannot have.
 *
 * @throws RELEASE_VERSION_BAD
 */
export function readVersion(text: string | undefined): string {
  if (text === undefined)
    throw new Error('RELEASE_VERSION_BAD: name the version, as in npm run release -- 0.2.0 --dry-run')
  const version = parse(text)?.version
  if (version === text) return text
  const instead =
    version === undefined
      ? 'write MAJOR.MINOR.PATCH, with -rc.1 or the like behind it where it is none yet'
      : `write ${version}`
  throw new Error(`RELEASE_VERSION_BAD: ${text} is no version of Semantic Versioning; ${instead}`)
}

/** @throws RELEASE_VERSION_NOT_GREATER */
export function demandGreater(version: string, current: string): void {
  if (gt(version, current)) return
  throw new Error(`RELEASE_VERSION_NOT_GREATER: ${version} does not come after ${current}, which the sources have`)
}

/**
 * The version in the sources, which must be the same in all places.
 *
 * @throws RELEASE_VERSIONS_DIFFER with each place and what it says
 */
export function currentVersion(root: string): string {
  const found = PLACES.flatMap(({ file, pattern }) => {
    const versions = readFileSync(join(root, file), 'utf8').match(pattern) ?? ['no version']
    return versions.map((version) => ({ file, version }))
  })
  const [first, ...others] = [...new Set(found.map(({ version }) => version))]
  if (first !== undefined && others.length === 0) return first
  const listed = found.map(({ file, version }) => `\n  ${file}: ${version}`)
  throw new Error(`RELEASE_VERSIONS_DIFFER: make these equal:${listed.join('')}`)
}

/** Writes a version into every place in a folder; returns the files that changed. */
export function writeVersion(root: string, version: string): string[] {
  for (const { file, pattern } of PLACES) {
    const path = join(root, file)
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(pattern, version))
  }
  return PLACES.map(({ file }) => file)
}
