/** The changelog of a release: the unreleased part becomes the part of the version. */

/** A change as Artifact Hub lists it. */
export interface Change {
  readonly kind: string
  readonly description: string
}

interface Part {
  readonly heading: string
  readonly body: string
}

const UNRELEASED = '[Unreleased]'

const hasChanges = ({ body }: Part): boolean => /^- \S/m.test(body)

/** The parts of a changelog in the format of Keep a Changelog, newest first. */
function partsOf(changelog: string): Part[] {
  return changelog
    .split(/^## /m)
    .slice(1)
    .map((text) => {
      const [heading = '', ...lines] = text.split('\n')
      return { heading: heading.trim(), body: lines.join('\n').trim() }
    })
}

/**
 * The changelog with a part for the version, and the content of that part.
 *
 * @throws RELEASE_CHANGELOG_EMPTY, RELEASE_CHANGELOG_TAKEN
 */
export function cutChangelog(
  changelog: string,
  { version, date }: { readonly version: string; readonly date: string },
): { readonly text: string; readonly notes: string } {
  const parts = partsOf(changelog)
  if (parts.some(({ heading }) => heading.startsWith(`[${version}]`))) {
    throw new Error(
      `RELEASE_CHANGELOG_TAKEN: CHANGELOG.md has a part [${version}] already; put its lines under ${UNRELEASED}`,
    )
  }
  const unreleased = parts.find(({ heading }) => heading === UNRELEASED)
  if (unreleased === undefined || !hasChanges(unreleased)) {
    throw new Error(
      `RELEASE_CHANGELOG_EMPTY: CHANGELOG.md has no line under ## ${UNRELEASED}; say there what changes for users`,
    )
  }
  const heading = `## ${UNRELEASED}\n`
  const text = changelog.replace(heading, `${heading}\n## [${version}] - ${date}\n`)
  return { text, notes: unreleased.body }
}

/**
 * The content of the part of a version.
 *
 * @throws RELEASE_CHANGELOG_EMPTY
 */
export function notesOf(changelog: string, version: string): string {
  const part = partsOf(changelog).find(({ heading }) => heading.startsWith(`[${version}] - `))
  if (part !== undefined && hasChanges(part)) return part.body
  throw new Error(`RELEASE_CHANGELOG_EMPTY: CHANGELOG.md has no part [${version}] with a line in it`)
}

/** Each line of the notes with the kind of its heading: added, changed, deprecated, removed, fixed or security. */
export function changesOf(notes: string): Change[] {
  return notes
    .split(/^### /m)
    .slice(1)
    .flatMap((text) => {
      const [kind = '', ...lines] = text.split('\n')
      const items = lines.join('\n').split(/^- /m).slice(1)
      return items.map((item) => ({
        kind: kind.trim().toLowerCase(),
        description: item.replaceAll(/\s+/g, ' ').trim(),
      }))
    })
}
