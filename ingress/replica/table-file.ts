/**
 * The last good table on disk. With it, a restarted pod can serve while the shared cache is away. Each entry has two lines,
 * key and JSON. The last line is the head. Its checksum covers the lines before it, so that a truncated or changed file is
 * detected.
 */
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FileRefused, readRegularFile } from '../files/regular-file.ts'
import { CacheContentError } from '../route-table/cache-content-error.ts'
import { type CacheHead, decodeHead, encodeHead, type TableSnapshot } from '../route-table/cache-head.ts'
import { entryKey, type TableEntry } from '../route-table/route-table.ts'
import { addHash, checksumText, EMPTY_CHECKSUM, entryHash } from '../route-table/table-checksum.ts'
import { encodeEntry } from '../route-table/table-codec.ts'
import { createTimeSlice } from '../time/time-slice.ts'
import { FILE_CHUNK_LENGTH, MAX_FILE_BYTES } from './limits.ts'

/** The content of a table file. */
export interface FileContent {
  readonly head: CacheHead
  readonly entries: readonly TableEntry[]
}

/**
 * The snapshot in a file. Undefined if there is no file. The entries are still text, and the checksum is not verified yet.
 * Rejects with `CacheContentError` if the file contains no table, and with the system's error if the file cannot be read.
 */
export async function readTableFile(file: string): Promise<TableSnapshot | undefined> {
  const text = await readIfThere(file)
  if (text === undefined) return undefined
  const lines = text.split('\n')
  if (lines.pop() !== '') throw damaged(file, 'a whole last line: the file was cut short')
  const head = decodeHead(lines.pop() ?? '', file)
  if (lines.length !== 2 * head.entries) throw damaged(file, `two lines for each of ${head.entries} entries`)
  const entries = new Map<string, string>()
  for (let i = 0; i < lines.length; i += 2) entries.set(lines[i] ?? '', lines[i + 1] ?? '')
  return { head, entries }
}

/** The text of a file. Undefined if there is no file. Rejects with `CacheContentError` if the file is too large. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return (await readRegularFile(file, MAX_FILE_BYTES)).toString('utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    if (error instanceof FileRefused && error.code === 'file-too-large')
      throw damaged(file, `at most ${MAX_FILE_BYTES} bytes`)
    throw error
  }
}

function damaged(file: string, expected: string): CacheContentError {
  return new CacheContentError({ key: file, field: '', expected })
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT'
}

/** Replaces the whole file. A reader finds either the old file or the new file, even after a crash. */
export function writeTableFile(file: string, content: FileContent): Promise<void> {
  return replaceFile(file, fileChunks(content))
}

/**
 * Writes a new file beside the old one, and then renames it to the old name. When this resolves, a crash can no longer undo
 * either step.
 */
export async function replaceFile(file: string, chunks: AsyncIterable<string> | Iterable<string>): Promise<void> {
  const temporary = `${file}.tmp`
  await refuseOthers(file)
  // The temporary file is always created anew. Another program may have put a pipe at its path, and to open a pipe could
  // take for ever.
  await rm(temporary, { force: true })
  const handle = await open(temporary, 'wx')
  try {
    for await (const chunk of chunks) await handle.writeFile(chunk)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, file)
  const folder = await open(dirname(file), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/**
 * Refuses a path that is not a regular file. A file that is renamed to the path of a pipe or a device would destroy the
 * pipe or device, and another program may need it.
 */
async function refuseOthers(file: string): Promise<void> {
  const found = await stat(file).catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw error
  })
  if (found && !found.isFile()) throw new FileRefused('not-a-regular-file', `${file} is no regular file`)
}

async function* fileChunks({ head, entries }: FileContent): AsyncGenerator<string> {
  const slice = createTimeSlice()
  let checksum = EMPTY_CHECKSUM
  let chunk = ''
  for (const entry of entries) {
    const key = entryKey(entry)
    const json = encodeEntry(entry)
    checksum = addHash(checksum, entryHash(key, json))
    chunk += `${key}\n${json}\n`
    if (chunk.length >= FILE_CHUNK_LENGTH) {
      yield chunk
      chunk = ''
    }
    if (slice.over()) await slice.pause()
  }
  yield `${chunk}${encodeHead({ ...head, checksum: checksumText(checksum), entries: entries.length })}\n`
}
