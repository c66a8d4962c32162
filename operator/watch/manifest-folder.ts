import { createHash } from 'node:crypto'
import { type FSWatcher, watch } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import { errorText } from '../../ingress/text/error-text.ts'
import { createFileProblems } from './file-problems.ts'
import {
  FOLDER_POLL_MS,
  MAX_FILE_DOCUMENTS,
  MAX_FOLDER_BYTES,
  MAX_MANIFEST_FILES,
  SETTLE_LIMIT_MS,
  SETTLE_QUIET_MS,
} from './limits.ts'
import { fileState } from './manifest-file.ts'
import { createManifestMemory, type ManifestMemory } from './manifest-memory.ts'
import type { PlacedObject } from './manifest-object.ts'
import type { ManifestProblem } from './manifest-problem.ts'
import { settle, type Timers } from './settle.ts'

/** The content of a set of manifests: the valid objects, and the problems of everything else. */
export interface Manifests {
  readonly trunks: SipTrunk[]
  readonly rules: DispatchRule[]
  readonly problems: ManifestProblem[]
  /**
   * Notes about valid values that may surprise their author, because other readers of YAML read them differently. Absent if
   * nobody has asked for notes.
   */
  readonly notes?: ManifestProblem[]
}

/** The error for a folder that cannot be used at all. `code` says why. */
export class ManifestFolderError extends Error {
  readonly code: 'unreadable_folder' | 'no_manifests'

  constructor(code: ManifestFolderError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ManifestFolderError'
    this.code = code
  }
}

/**
 * Reads every `*.yaml`, `*.yml` and `*.json` file of a folder in the order of their names. Like `kubectl apply -f`, it does not
 * read folders inside the folder. An object without a namespace is in `default`. Objects without a creationTimestamp count as
 * the oldest; their order is that of their positions in the files.
 *
 * Faults of manifests are problems in the result. Rejects with a ManifestFolderError if the folder cannot be read or has no
 * manifest.
 */
export async function readManifestFolder(dir: string, reading: FilesReading = {}): Promise<Manifests> {
  const manifests = await readManifestFiles(await manifestFiles(dir), reading)
  const { trunks, rules, problems } = manifests
  if (trunks.length + rules.length + problems.length === 0) {
    throw new ManifestFolderError('no_manifests', `${dir} holds no manifest: put *.yaml, *.yml or *.json files there`)
  }
  return manifests
}

/** The paths of the manifest files of a folder, in the order in which they are read. */
export async function manifestFiles(dir: string): Promise<string[]> {
  try {
    const names = await readdir(dir)
    return names
      .filter(isManifestName)
      .sort()
      .map((name) => join(dir, name))
  } catch (error) {
    throw new ManifestFolderError('unreadable_folder', `${dir} cannot be read: ${errorText(error)}`, { cause: error })
  }
}

/**
 * Whether a file is a manifest. Only its name decides. Hidden files are ignored, because editors and ConfigMap mounts make
 * hidden files for their own purposes.
 */
function isManifestName(name: string): boolean {
  return /\.(ya?ml|json)$/.test(name) && !name.startsWith('.')
}

export interface FilesReading {
  /** The contents of files from earlier readings. With a memory, only files that have changed since those readings are read. */
  readonly memory?: ManifestMemory
  /** Is called before each file that is read. */
  readonly onFile?: () => void
}

/** Reads manifest files in the given order. Their faults are problems in the result. */
export async function readManifestFiles(files: readonly string[], reading: FilesReading = {}): Promise<Manifests> {
  const { memory = createManifestMemory(), onFile } = reading
  const manifests = { trunks: [], rules: [], problems: [], notes: [] } satisfies Manifests as Required<Manifests>
  const places = new Map<string, PlacedObject>()
  let bytes = 0
  for (const [fileIndex, file] of files.entries()) {
    const content = await memory.content(file, onFile)
    bytes += content.bytes
    const excess = excessOf(fileIndex, bytes)
    if (excess) {
      manifests.problems.push({ code: 'folder_too_large', file, line: 1, ...excess })
      break
    }
    manifests.problems.push(...content.problems)
    manifests.notes.push(...content.notes)
    const repeated = createFileProblems(file)
    for (const [i, placed] of content.objects.entries()) {
      const repeats = addObject(manifests, places, { placed, order: fileIndex * MAX_FILE_DOCUMENTS + i, memory })
      if (repeats) repeated.add(() => repeats)
    }
    manifests.problems.push(...repeated.reported())
  }
  memory.keep(files)
  return manifests
}

/** Why this file and all later files are left out. Undefined if this file is read. */
function excessOf(fileIndex: number, bytes: number): Pick<ManifestProblem, 'message' | 'expected'> | undefined {
  if (fileIndex >= MAX_MANIFEST_FILES) {
    const message = 'is one file too many: it and those behind it are not read. Put more objects into each file'
    return { message, expected: `at most ${MAX_MANIFEST_FILES} files` }
  }
  if (bytes <= MAX_FOLDER_BYTES) return undefined
  const message = `makes ${bytes} bytes with the files before it: it and those behind it are not read`
  return { message, expected: `at most ${MAX_FOLDER_BYTES} bytes` }
}

interface Addition {
  readonly placed: PlacedObject
  /** The position in the order of files. It is used as the creation time of an object that has none. */
  readonly order: number
  readonly memory: ManifestMemory
}

/** Adds an object. If an earlier object has the same kind, namespace and name, returns a problem instead. */
function addObject(
  manifests: Manifests,
  places: Map<string, PlacedObject>,
  { placed, order, memory }: Addition,
): ManifestProblem | undefined {
  const { object, file, line } = placed
  const { namespace, name } = object.metadata
  const key = `${object.kind} ${namespace}/${name}`
  const first = places.get(key)
  if (first) {
    const message = `${key} is already in ${first.file}:${first.line}: rename or remove one of the two`
    return { code: 'duplicate_name', file, line, object: key, field: 'metadata.name', message }
  }
  places.set(key, placed)
  const dated = memory.dated(placed, order)
  if (dated.kind === 'SipTrunk') manifests.trunks.push(dated)
  else manifests.rules.push(dated)
  return undefined
}

/** The watch of a folder. It goes on until it is closed. */
export interface FolderWatch {
  /** Describes the state of the folder at the last change. A later watch can continue from this state. */
  readonly state: string
  close(): void
}

export interface FolderListener {
  onChange(): void
  /** Is called several times a second, as long as the folder has not changed since the last reported change. */
  onUnchanged?(): void
}

/**
 * Calls the listener within a second after the manifests of a folder have changed. Several changes that follow each other
 * quickly cause one call. If a file changed only a moment before a call, there is one more call. Start the watch before the
 * first reading, so that no change after the reading is lost. It is also a change if the folder vanishes or comes back.
 * `before` is the state of an earlier watch: if the folder has another state now, this is a change too.
 */
export async function watchManifestFolder(
  dir: string,
  listener: FolderListener,
  before?: string,
): Promise<FolderWatch> {
  let known = before ?? (await folderState(dir))
  let closed = false
  const report = async () => {
    const now = await folderState(dir)
    if (closed || now === known) return
    known = now
    listener.onChange()
  }
  const bounds = { quiet: SETTLE_QUIET_MS, limit: SETTLE_LIMIT_MS }
  const settler = settle(bounds, TIMERS, () => void report())
  const watcher = watchFolder(dir, () => settler.touch())
  // The watch of the file system does not notice changes behind links, on network mounts or after the folder was replaced. The
  // poll finds these changes.
  const look = async () => {
    const changed = (await folderState(dir)) !== known
    if (closed) return
    if (changed) settler.touch()
    else listener.onUnchanged?.()
  }
  const poll = setInterval(() => void look(), FOLDER_POLL_MS).unref()
  const close = () => {
    closed = true
    clearInterval(poll)
    settler.stop()
    watcher?.close()
  }
  return {
    get state() {
      return known
    },
    close,
  }
}

const TIMERS: Timers = {
  now: () => performance.now(),
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds)
    return () => clearTimeout(timer)
  },
}

/** The watch of the file system. Undefined if the file system cannot watch the folder. Then only the poll finds changes. */
function watchFolder(dir: string, onEvent: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(dir, { persistent: false }, onEvent)
    return watcher.on('error', () => watcher.close())
  } catch (error) {
    if (isSystemError(error)) return undefined
    throw error
  }
}

/**
 * Errors of the system, such as a missing folder or too many watches, have a code. Any other error is a defect of this program.
 */
function isSystemError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error
}

/**
 * A text that stays the same while the manifests of the folder do not change. Its length does not depend on the number of
 * files.
 */
async function folderState(dir: string): Promise<string> {
  try {
    const hash = createHash('sha256')
    for (const file of (await manifestFiles(dir)).slice(0, MAX_MANIFEST_FILES + 1))
      hash.update(`${file} ${fileState(file)}\n`)
    return hash.digest('base64')
  } catch (error) {
    if (error instanceof ManifestFolderError) return error.code
    throw error
  }
}
