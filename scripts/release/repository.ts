/** Reads the state of the sources from git, and makes the commit and the tag of a release. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './program.ts'

/** Files of a dirty tree that an error lists. */
const NAMED_FILES = 10

export const tagOf = (version: string): string => `v${version}`

/** @throws RELEASE_TREE_DIRTY where something is not committed */
export function demandCleanTree(root: string): void {
  const dirty = run(root, 'git', 'status', '--porcelain').split('\n').filter(Boolean)
  if (dirty.length === 0) return
  const more = dirty.length > NAMED_FILES ? `\n  and ${dirty.length - NAMED_FILES} more` : ''
  const named = dirty.slice(0, NAMED_FILES).map((line) => `\n  ${line}`)
  throw new Error(`RELEASE_TREE_DIRTY: commit or put away what is not committed:${named.join('')}${more}`)
}

/** @throws RELEASE_TAG_EXISTS */
export function demandNewTag(root: string, version: string): void {
  if (run(root, 'git', 'tag', '--list', tagOf(version)) === '') return
  throw new Error(
    `RELEASE_TAG_EXISTS: ${tagOf(version)} is there already; take the next version, or --tagged to build it`,
  )
}

/** @throws RELEASE_TAG_ELSEWHERE where this is not the commit of the version's tag */
export function demandTaggedCommit(root: string, version: string): void {
  const tags = run(root, 'git', 'tag', '--points-at', 'HEAD').split('\n').filter(Boolean)
  if (tags.includes(tagOf(version))) return
  const has = tags.length === 0 ? 'no tag' : tags.join(', ')
  throw new Error(`RELEASE_TAG_ELSEWHERE: this commit has ${has}; check out ${tagOf(version)}`)
}

/** `owner/name` on GitHub, from the remote of the sources; undefined where it is not on GitHub. */
export function gitHubRepository(root: string): string | undefined {
  if (!run(root, 'git', 'remote').split('\n').includes('origin')) return undefined
  const [, name] =
    /github\.com[/:]([\w.-]+\/[\w.-]+?)(?:\.git)?\n?$/.exec(run(root, 'git', 'remote', 'get-url', 'origin')) ?? []
  return name
}

/** Time of the commit, in seconds since 1970. */
export const commitTime = (root: string): number => Number(run(root, 'git', 'log', '-1', '--format=%ct'))

export const commitId = (root: string): string => run(root, 'git', 'rev-parse', 'HEAD').trim()

/** Puts the files of the commit into a new folder. */
export function exportCommit(root: string, folder: string): void {
  mkdirSync(folder, { recursive: true })
  const archive = join(folder, '.commit.tar')
  run(root, 'git', 'archive', '--output', archive, 'HEAD')
  run(folder, 'tar', '-xf', archive)
  rmSync(archive)
}

/** Commits the files, and tags the commit. Nothing is pushed. */
export function commitAndTag(root: string, version: string, files: readonly string[]): void {
  run(root, 'git', 'add', '--', ...files)
  run(root, 'git', 'commit', '--quiet', '--message', `Release ${version}`)
  run(root, 'git', 'tag', '--annotate', tagOf(version), '--message', `sip-dispatch ${version}`)
}
