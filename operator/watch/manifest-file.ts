/** Reads one file of manifests. The result has its valid objects, and the problems of its other parts. */

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
  /** The number of bytes that were read. */
  readonly bytes: number
  readonly objects: readonly PlacedObject[]
  /** The first problems. If there are more, one further problem says how many. */
  readonly problems: readonly ManifestProblem[]
  /** Notes about valid values that may surprise their author. Like `problems`, the list has only the first ones. */
  readonly notes: readonly ManifestProblem[]
}

const NOTHING: FileContent = { bytes: 0, objects: [], problems: [], notes: [] }

/** Reads a file. If the path is a folder, the content is empty. */
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
  return { bytes: bytes.length, objects, problems: problems.reported(), notes: notes.reported() }
}

/**
 * A text that stays the same while the file does not change. For a link, the text describes the target of the link: a ConfigMap
 * mount replaces a link and leaves the file names as they are. A file that changed a moment ago may change again within one
 * tick of the file system's clock. Its text soon changes once more, so that the file is read again.
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
