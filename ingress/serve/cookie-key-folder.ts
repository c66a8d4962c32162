/**
 * Reads the keys that sign dialog cookies from a folder, such as a mounted Secret. Cookies are signed with the key in
 * `cookie.current`. If the file `cookie.previous` exists, cookies signed with its key are still accepted. The folder is
 * read regularly, so that a rotation needs no restart.
 */

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { keyFault } from '../files/key-strength.ts'
import { MAX_KEY_BYTES, SHARED_KEY_BYTES } from '../files/limits.ts'
import { readRegularFileSync } from '../files/regular-file.ts'
import { errorText } from '../text/error-text.ts'
import type { Clock } from '../time/clock.ts'
import { KEY_LOOK_MS } from './limits.ts'

/** The error for a folder whose keys cannot be used. `message` names the file and what the file should contain. */
class KeyFolderError extends Error {
  readonly code = 'keys-unusable'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'KeyFolderError'
  }
}

const CURRENT = 'cookie.current'
const PREVIOUS = 'cookie.previous'

/** The current key, then the previous key if it exists. Throws a `KeyFolderError`. */
export function readCookieKeys(folder: string): readonly Buffer[] {
  const current = readKey(join(folder, CURRENT))
  if (!current)
    throw new KeyFolderError(`${join(folder, CURRENT)} is missing: put ${SHARED_KEY_BYTES} random bytes there`)
  const previous = readKey(join(folder, PREVIOUS))
  return previous ? [current, previous] : [current]
}

/** The key in a file. Undefined if the file does not exist. Throws a `KeyFolderError` if the key is weak. */
function readKey(path: string): Buffer | undefined {
  const key = readIfThere(path)
  const fault = key && keyFault(key, SHARED_KEY_BYTES)
  if (fault !== undefined) throw new KeyFolderError(`${path} ${fault}`)
  return key
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false }) && readRegularFileSync(path, MAX_KEY_BYTES)
  } catch (error) {
    throw new KeyFolderError(`${path} cannot be read: ${errorText(error)}`, {
      cause: error,
    })
  }
}

export interface CookieKeyWatchOptions {
  readonly folder: string
  readonly clock: Clock
  /** The keys in use when the watch begins. */
  readonly keys: readonly Buffer[]
  readonly onKeys: (keys: readonly Buffer[]) => void
  /** Called when keys cannot be used, and again each time the reason changes. The last good keys stay in use. */
  readonly onFault: (code: string, message: string) => void
}

/**
 * Reads the keys every `KEY_LOOK_MS`. A watch on the files would miss changes, because a Secret volume replaces a link and
 * leaves the old files as they are.
 */
export function watchCookieKeys(options: CookieKeyWatchOptions): { close(): void } {
  const { clock } = options
  const state: WatchState = { keys: options.keys, reportedFault: '' }
  const lookAgain = (): void => {
    look(options, state)
    timer = clock.after(KEY_LOOK_MS, lookAgain, undefined)
  }
  let timer = clock.after(KEY_LOOK_MS, lookAgain, undefined)
  return { close: () => clock.cancel(timer) }
}

interface WatchState {
  keys: readonly Buffer[]
  reportedFault: string
}

function look({ folder, onKeys, onFault }: CookieKeyWatchOptions, state: WatchState): void {
  try {
    const keys = readCookieKeys(folder)
    state.reportedFault = ''
    // The two files are read one after the other. If a second reading gives other keys, the volume is just replacing the
    // files. Then the next look decides.
    if (sameKeys(keys, state.keys) || !sameKeys(keys, readCookieKeys(folder))) return
    state.keys = keys
    onKeys(keys)
  } catch (error) {
    if (!(error instanceof KeyFolderError)) throw error
    if (error.message === state.reportedFault) return
    state.reportedFault = error.message
    onFault(error.code, `${error.message}; the last good keys stay`)
  }
}

function sameKeys(a: readonly Buffer[], b: readonly Buffer[]): boolean {
  return a.length === b.length && a.every((key, at) => b[at]?.equals(key))
}
