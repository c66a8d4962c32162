/** The files from which the image is built. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './program.ts'

/** The lines of a Dockerfile, continued ones joined. */
function instructionsOf(source: string): string[] {
  const text = readFileSync(join(source, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ')
  return text.split('\n').filter((line) => /^[A-Z]/.test(line))
}

/**
 * The base images, each with its digest: a tag alone may be another image tomorrow.
 *
 * @throws RELEASE_IMAGE_UNPINNED
 */
export function pinnedBases(source: string): string[] {
  const froms = instructionsOf(source).flatMap((line) => {
    const [, image, , stage] = /^FROM (?:--\S+ )*(\S+)( AS (\S+))?/i.exec(line) ?? []
    return image === undefined ? [] : [{ image, stage }]
  })
  const stages = froms.map(({ stage }) => stage)
  const bases = [...new Set(froms.map(({ image }) => image).filter((image) => !stages.includes(image)))]
  const unpinned = bases.filter((image) => !/@sha256:[0-9a-f]{64}$/.test(image))
  if (bases.length > 0 && unpinned.length === 0) return bases
  throw new Error(
    `RELEASE_IMAGE_UNPINNED: the Dockerfile builds on ${unpinned.join(', ')}; add @sha256: and the digest`,
  )
}

/** Paths of the sources that the Dockerfile copies. */
function copiedPaths(source: string): string[] {
  const copies = instructionsOf(source).filter((line) => /^COPY (?!--from)/.test(line))
  return [...new Set(copies.flatMap((line) => line.split(/\s+/).slice(1, -1)))].toSorted()
}

/**
 * Writes the build context as an archive; the same commit gives the same archive.
 *
 * @throws RELEASE_IMAGE_CONTEXT where the Dockerfile copies what is not there
 */
export function writeImageContext(source: string, file: string, seconds: number): void {
  const paths = copiedPaths(source)
  const missing = paths.filter((path) => !existsSync(join(source, path)))
  if (missing.length > 0) {
    throw new Error(`RELEASE_IMAGE_CONTEXT: the Dockerfile copies ${missing.join(', ')}, which no commit has`)
  }
  const same = ['--sort=name', `--mtime=@${seconds}`, '--owner=0', '--group=0', '--numeric-owner']
  run(source, 'tar', ...same, '-czf', file, 'Dockerfile', '.dockerignore', ...paths)
}
