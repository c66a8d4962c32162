/** One file of manifests: the objects in it, and what is wrong with the rest of it. */

import { isUtf8 } from 'node:buffer'
import { statSync } from 'node:fs'
import { FileRefused, readRegularFile } from '../../ingress/files/regular-file.ts'
import { errorText } from '../../ingress/text/error-text.ts'
import { createFileProblems } from './file-problems.ts'
import { FRESH_FILE_MS, MAX_MANIFEST_BYTES } from './limits.ts'
import { manifestDocuments } from './manifest-document.ts'
import { manifestObjects, type PlacedObject } from './manifest-object.ts'
import type { ManifestProblem } from './manifest-problem.ts'

export interface FileContent {
  /** Bytes that were read. */
  readonly bytes: number
  readonly objects: readonly PlacedObject[]
  /** The first ones, and one that says how many more there are. */
  readonly problems: readonly ManifestProblem[]
  /** What is right and still surprises, told in the same way. */
  readonly notes: readonly ManifestProblem[]
}

const NOTHING: FileContent = { bytes: 0, objects: [], problems: [], notes: [] }

/** Reads a file. A folder is nothing. */
export async function readManifestFile(file: string): Promise<FileContent> {
  try {
    if (statSync(file).isDirectory()) return NOTHING
    return contentOf(await readRegularFile(file, MAX_MANIFEST_BYTES), file)
  } catch (error) {
    if (error instanceof FileRefused && error.code === 'file-too-large') {
      const message = `is ${error.size} bytes long: split it into smaller files`
      const expected = `at most ${MAX_MANIFEST_BYTES} bytes`
      return refused({ code: 'file_too_large', file, line: 1, message, expected })
    }
    return refused({ code: 'unreadable_file', file, line: 1, message: `cannot be read: ${errorText(error)}` })
  }
}

function refused(problem: ManifestProblem): FileContent {
  return { ...NOTHING, problems: [problem] }
}

function contentOf(bytes: Buffer, file: string): FileContent {
  if (bytes.includes(0) || !isUtf8(bytes)) {
    return { ...refused({ code: 'not_text', file, line: 1, message: 'is not text in UTF-8' }), bytes: bytes.length }
  }
  const problems = createFileProblems(file)
  const notes = createFileProblems(file)
  const objects: PlacedObject[] = []
  for (const document of manifestDocuments(bytes.toString('utf8'), file, problems)) {
    for (const placed of manifestObjects(document, { file, problems, notes })) objects.push(placed)
  }
  return { bytes: bytes.length, objects, problems: problems.told(), notes: notes.told() }
}

/**
 * Equal while a file has not changed. Links are followed: a ConfigMap mount swaps one link and leaves the files' names as
 * they are. A file that was changed a moment ago is looked at again: it may have changed twice at what its clock calls one time.
 */
export function fileState(file: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs, ctimeMs } = statSync(file, { bigint: true })
    const age = Date.now() - Number(ctimeMs)
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}${age >= 0 && age < FRESH_FILE_MS ? ' fresh' : ''}`
  } catch (error) {
    return errorText(error)
  }
}
