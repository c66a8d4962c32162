import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ROOT } from './command.mjs'

/** Characters of a subject: what lists of commits show of it whole. */
const MAX_SUBJECT = 72

/** The rule holds for what comes after the commit that brought this file. */
const RULE = 'scripts/commit-subjects.mjs'

const repository = resolve(process.argv[2] ?? ROOT)
const commits = existsSync(join(repository, '.git')) ? commitsSinceTheRule() : []
const tooLong = commits.filter(({ subject }) => Array.from(subject).length > MAX_SUBJECT)
for (const { hash, subject } of tooLong) {
  console.log(
    `${hash}: ${Array.from(subject).length} characters, ${MAX_SUBJECT} at most: ${subject} (git commit --amend, git rebase -i)`,
  )
}
console.log(commits.length === 0 ? 'no commits to look at' : `${commits.length} commits looked at`)
process.exitCode = tooLong.length > 0 ? 1 : 0

/**
 * In a shallow clone the oldest commit that is there seems to have brought every file, so that the rule begins behind it.
 *
 * @returns {{ hash: string, subject: string }[]}
 */
function commitsSinceTheRule() {
  const first = git(['log', '--diff-filter=A', '--format=%H', 'HEAD', '--', RULE]).at(-1)
  if (first === undefined) {
    return []
  }
  // Branches that began before the rule and were merged after it are not descendants.
  return git(['log', '--ancestry-path', '--format=%h %s', `${first}..HEAD`]).map((line) => {
    const space = line.indexOf(' ')
    return { hash: line.slice(0, space), subject: line.slice(space + 1) }
  })
}

/**
 * @param {readonly string[]} args
 * @returns {string[]} lines of its output
 * @throws {Error} when git fails
 */
function git(args) {
  const { status, stdout, stderr, error } = spawnSync('git', args, { cwd: repository, encoding: 'utf8' })
  if (status !== 0) {
    throw new Error(`COMMIT_SUBJECTS_GIT: git ${args.join(' ')} failed: ${error?.message ?? stderr}`)
  }
  return stdout.split('\n').filter((line) => line !== '')
}
