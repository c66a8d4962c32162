/**
 * Reads files that another program has written, and never more bytes than a limit. Only regular files and links to them are
 * read: Kubernetes mounts files as links. Other files are refused, because reading a pipe without a writer, or a device,
 * might never end.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/**
 * The error for a file that exists and is refused: it is not a regular file, or it is too large. The message names the file
 * and says what the file is.
 */
export class FileRefused extends Error {
  readonly code: 'not-a-regular-file' | 'file-too-large'
  /** The bytes of the file, as far as they were counted before the refusal. */
  readonly size: number

  constructor(code: FileRefused['code'], message: string, size = 0) {
    super(message)
    this.name = 'FileRefused'
    this.code = code
    this.size = size
  }
}

/** Flags for opening a file. If the file is a pipe, opening it does not wait for a writer. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK

const CHUNK_BYTES = 64 * 1024

/** Reads the whole file. Rejects with a `FileRefused`, or with the system's error if the file cannot be read. */
export async function readRegularFile(path: string, maxBytes: number): Promise<Buffer> {
  const handle = await open(path, FLAGS).catch((error: unknown) => {
    throw withReason(error, path)
  })
  try {
    const expected = checkedSize(await handle.stat(), path, maxBytes)
    return await readAll(handle, path, { expected, maxBytes })
  } finally {
    await handle.close()
  }
}

/** Reads the whole of a small file. The process does nothing else during the reading. */
export function readRegularFileSync(path: string, maxBytes: number): Buffer {
  const file = openNow(path)
  try {
    checkedSize(fstatSync(file), path, maxBytes)
    const bytes = Buffer.allocUnsafe(maxBytes + 1)
    let length = 0
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, null)
    }
    if (length > maxBytes) throw tooLarge(path, length, maxBytes)
    return bytes.subarray(0, length)
  } finally {
    closeSync(file)
  }
}

function openNow(path: string): number {
  try {
    return openSync(path, FLAGS)
  } catch (error) {
    throw withReason(error, path)
  }
}

/**
 * Reads a file to its end. The file may grow meanwhile, and files of /proc give no size. So the limit applies to the bytes
 * that are read.
 */
async function readAll(
  handle: FileHandle,
  path: string,
  { expected, maxBytes }: { readonly expected: number; readonly maxBytes: number },
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for (let size = expected + 1; ; size = CHUNK_BYTES) {
    const chunk = Buffer.allocUnsafe(Math.max(1, Math.min(size, maxBytes + 1 - length)))
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, null)
    if (bytesRead === 0) return Buffer.concat(chunks, length)
    chunks.push(chunk.subarray(0, bytesRead))
    length += bytesRead
    if (length > maxBytes) throw tooLarge(path, length, maxBytes)
  }
}

/** Returns the size that the file system reports. Throws if the file is not regular or is too large. */
function checkedSize(stats: Stats, path: string, maxBytes: number): number {
  if (!stats.isFile()) throw notRegular(path, kindOf(stats))
  if (stats.size > maxBytes) throw tooLarge(path, stats.size, maxBytes)
  return stats.size
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a named pipe'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}

function notRegular(path: string, kind: string): FileRefused {
  return new FileRefused('not-a-regular-file', `${path} is ${kind}: a regular file is needed, or a link to one`)
}

function tooLarge(path: string, size: number, maxBytes: number): FileRefused {
  return new FileRefused('file-too-large', `${path} has ${size} bytes or more: at most ${maxBytes} are read`, size)
}

/**
 * If a file could not be opened because it is a socket or an absent device, returns an error that says so. The system's
 * error is ENXIO, or EOPNOTSUPP on some systems. Any other error is returned unchanged.
 */
function withReason(error: unknown, path: string): unknown {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return code === 'ENXIO' || code === 'EOPNOTSUPP' ? notRegular(path, 'a socket or a device that is not there') : error
}
