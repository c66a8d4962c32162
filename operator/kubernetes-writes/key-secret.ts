import { keyFault } from '../../ingress/files/key-strength.ts'
import { SHARED_KEY_BYTES } from '../../ingress/files/limits.ts'
import { ApiError } from '../api/api-error.ts'

/** The files of the Secret in the folder in which pods mount it. The previous keys exist only during a change of a key. */
const KEY_FILES = {
  /** Signs the cookies of dialogs. */
  cookie: { current: 'cookie.current', previous: 'cookie.previous' },
  /** Seals digest credentials in the rules cache. */
  sealing: { current: 'sealing.current', previous: 'sealing.previous' },
} as const

/** The entries that the operator creates. Only these entries are required. */
const MADE = [KEY_FILES.cookie.current, KEY_FILES.sealing.current] as const

/** Entries of a Secret, base64. */
export type SecretData = Readonly<Record<string, string>>

/**
 * The requests about the Secret. They reject with an ApiError. If the Secret exists already, `create` rejects with the status
 * 409.
 */
export interface SecretApi {
  get(): Promise<SecretData | undefined>
  create(data: SecretData): Promise<void>
}

/** The error for a Secret that exists, but has an absent or too weak required entry. Its `code` is `key_secret_invalid`. */
class KeySecretError extends Error {
  readonly code = 'key_secret_invalid'

  constructor(message: string) {
    super(message)
    this.name = 'KeySecretError'
  }
}

/**
 * Creates the Secret with the keys that all pods of an installation share. An existing Secret is never changed: keys are
 * changed by hand. Rejects with a KeySecretError if a key is absent or too weak, or with an ApiError.
 */
export async function ensureKeySecret(
  api: SecretApi,
  randomBytes: (count: number) => Uint8Array,
): Promise<'created' | 'exists'> {
  const found = await api.get()
  if (found) return checked(found)
  const data = Object.fromEntries(
    MADE.map((file) => [file, Buffer.from(randomBytes(SHARED_KEY_BYTES)).toString('base64')]),
  )
  try {
    await api.create(data)
    return 'created'
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) throw error
    // Another replica has created the Secret first.
    return checked((await api.get()) ?? {})
  }
}

function checked(data: SecretData): 'exists' {
  for (const file of MADE) {
    const fault = keyFault(Buffer.from(data[file] ?? '', 'base64'), SHARED_KEY_BYTES)
    if (fault === undefined) continue
    const has = data[file] === undefined ? 'is missing' : fault
    throw new KeySecretError(
      `the entry ${file} of the key Secret ${has}: put ${SHARED_KEY_BYTES} random bytes there, or delete the Secret to have it made anew`,
    )
  }
  return 'exists'
}
