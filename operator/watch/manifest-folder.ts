import { type FSWatcher, watch } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import { FileRefused, readRegularFile } from '../../ingress/files/regular-file.ts'
import {
  FOLDER_POLL_MILLISECONDS,
  MAX_FILE_DOCUMENTS,
  MAX_MANIFEST_BYTES,
  SETTLE_LIMIT_MILLISECONDS,
  SETTLE_QUIET_MILLISECONDS,
} from './limits.ts'
import { manifestDocuments } from './manifest-document.ts'
import { manifestObjects, type PlacedObject } from './manifest-object.ts'
import type { Problem } from './manifest-problem.ts'
import { settle, type Timers } from './settle.ts'

/** What a set of manifests holds: the objects that are right, and everything that is wrong with the others. */
export interface Manifests {
  readonly trunks: SipTrunk[]
  readonly rules: DispatchRule[]
  readonly problems: Problem[]
}

/** A folder that cannot be used at all; `code` says why. */
export class ManifestFolderError extends Error {
  readonly code: 'unreadable_folder' | 'no_manifests'

  constructor(code: ManifestFolderError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ManifestFolderError'
    this.code = code
  }
}

/**
 * Reads every `*.yaml`, `*.yml` and `*.json` file of a folder (not of folders inside it, as `kubectl apply -f`), in the
 * order of their names. Objects without a namespace are in `default`. Objects without a creationTimestamp are older than
 * all others and as old as their place in the order of files says.
 *
 * Faults of manifests are problems in the result; a folder that cannot be read or holds no manifest is a
 * ManifestFolderError.
 */
export async function readManifestFolder(dir: string): Promise<Manifests> {
  const manifests = await readManifestFiles(await manifestFiles(dir))
  const { trunks, rules, problems } = manifests
  if (trunks.length + rules.length + problems.length === 0) {
    throw new ManifestFolderError('no_manifests', `${dir} holds no manifest: put *.yaml, *.yml or *.json files there`)
  }
  return manifests
}

/** Paths of the manifest files of a folder, in the order in which they are read. */
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

/** Hidden files are an editor's or a ConfigMap mount's own. */
function isManifestName(name: string): boolean {
  return /\.(ya?ml|json)$/.test(name) && !name.startsWith('.')
}

/** Reads manifest files in the order given. What is wrong with them is in the result. */
export async function readManifestFiles(files: readonly string[]): Promise<Manifests> {
  const manifests: Manifests = { trunks: [], rules: [], problems: [] }
  const places = new Map<string, PlacedObject>()
  for (const [fileIndex, file] of files.entries()) {
    const text = await readText(file)
    if (text === undefined) continue
    if (typeof text !== 'string') {
      manifests.problems.push(text)
      continue
    }
    const { documents, problems } = manifestDocuments(text, file)
    const parts = documents.map((document) => manifestObjects(document, file))
    for (const problem of [...problems, ...parts.flatMap((part) => part.problems)]) manifests.problems.push(problem)
    for (const [i, placed] of parts.flatMap((part) => part.objects).entries()) {
      addObject(manifests, places, placed, fileIndex * MAX_FILE_DOCUMENTS + i)
    }
  }
  return manifests
}

/** The text of a file, the problem that keeps it from being read, or undefined for a folder. */
async function readText(file: string): Promise<string | Problem | undefined> {
  try {
    const found = await stat(file)
    if (found.isDirectory()) return undefined
    return (await readRegularFile(file, MAX_MANIFEST_BYTES)).toString('utf8')
  } catch (error) {
    if (error instanceof FileRefused && error.code === 'file-too-large') {
      const message = `is ${error.size} bytes long: split it into smaller files`
      return { code: 'file_too_large', file, line: 1, message, expected: `at most ${MAX_MANIFEST_BYTES} bytes` }
    }
    return { code: 'unreadable_file', file, line: 1, message: `cannot be read: ${errorText(error)}` }
  }
}

function addObject(manifests: Manifests, places: Map<string, PlacedObject>, placed: PlacedObject, order: number): void {
  const { object, file, line } = placed
  const { namespace, name } = object.metadata
  const key = `${object.kind} ${namespace}/${name}`
  const first = places.get(key)
  if (first) {
    const message = `${key} is already in ${first.file}:${first.line}: rename or remove one of the two`
    manifests.problems.push({ code: 'duplicate_name', file, line, object: key, field: 'metadata.name', message })
    return
  }
  places.set(key, placed)
  // The place in the order of files stands in for the time of creation.
  const creationTimestamp = object.metadata.creationTimestamp ?? new Date(order).toISOString()
  const metadata = { ...object.metadata, creationTimestamp }
  if (object.kind === 'SipTrunk') manifests.trunks.push({ ...object, metadata })
  else manifests.rules.push({ ...object, metadata })
}

function errorText(error: unknown): string {
  return String(error).replace(/^Error: /, '')
}

/** A folder that is being watched, until it is closed. */
export interface FolderWatch {
  close(): void
}

export interface FolderListener {
  onChange(): void
  /** Several times a second, while the folder is as it was at the last change. */
  onUnchanged?(): void
}

/**
 * Calls back within a second after the manifests of a folder have changed: once for a burst of changes, never without
 * one. Start to watch, then read the folder, so that no change is lost in between. It goes on when the folder vanishes
 * (a change) and comes back (another one).
 */
export async function watchManifestFolder(dir: string, listener: FolderListener): Promise<FolderWatch> {
  let known = await fingerprint(dir)
  let closed = false
  const report = async () => {
    const now = await fingerprint(dir)
    if (closed || now === known) return
    known = now
    listener.onChange()
  }
  const bounds = { quiet: SETTLE_QUIET_MILLISECONDS, limit: SETTLE_LIMIT_MILLISECONDS }
  const settler = settle(bounds, TIMERS, () => void report())
  const watcher = watchFolder(dir, () => settler.touch())
  // Links to files elsewhere, network mounts and a folder that was put anew tell nothing: the poll sees them.
  const look = async () => {
    const changed = (await fingerprint(dir)) !== known
    if (closed) return
    if (changed) settler.touch()
    else listener.onUnchanged?.()
  }
  const poll = setInterval(() => void look(), FOLDER_POLL_MILLISECONDS).unref()
  const close = () => {
    closed = true
    clearInterval(poll)
    settler.stop()
    watcher?.close()
  }
  return { close }
}

const TIMERS: Timers = {
  now: () => performance.now(),
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds)
    return () => clearTimeout(timer)
  },
}

/** Undefined where the file system cannot watch the folder: the poll alone then sees changes. */
function watchFolder(dir: string, onEvent: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(dir, { persistent: false }, onEvent)
    return watcher.on('error', () => watcher.close())
  } catch (error) {
    if (isSystemError(error)) return undefined
    throw error
  }
}

/** Missing folders and exhausted watches carry a code; anything else is a defect. */
function isSystemError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error
}

/** Equal while no manifest of the folder has changed. */
async function fingerprint(dir: string): Promise<string> {
  try {
    const states = await Promise.all((await manifestFiles(dir)).map(fileState))
    return states.join('\n')
  } catch (error) {
    if (error instanceof ManifestFolderError) return error.code
    throw error
  }
}

/** Links are followed: a ConfigMap mount swaps one link and leaves the files' names as they are. */
async function fileState(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(file)
    return `${file} ${ino} ${size} ${mtimeMs} ${ctimeMs}`
  } catch (error) {
    return `${file} ${errorText(error)}`
  }
}
