import { keyFault } from '../../ingress/files/key-strength.ts'
import { SHARED_KEY_BYTES } from '../../ingress/files/limits.ts'
import { ApiError } from '../api/api-error.ts'

/**
 * The entries of the Secret. Pods see them as files in the folder in which they mount the Secret. The previous keys exist only
 * while a key is being changed.
 */
const KEY_FILES = {
  /** These keys sign the cookies of dialogs. */
  cookie: { current: 'cookie.current', previous: 'cookie.previous' },
  /** These keys seal digest credentials in the rules cache. */
  sealing: { current: 'sealing.current', previous: 'sealing.previous' },
} as const

/** The entries that the operator creates. All other entries are optional. */
const MADE = [KEY_FILES.cookie.current, KEY_FILES.sealing.current] as const

/** The entries of a Secret. Values are base64. */
export type SecretData = Readonly<Record<string, string>>

/**
 * The requests about the Secret. They reject with an ApiError. If the Secret already exists, `create` rejects with the status
 * 409.
 */
export interface SecretApi {
  get(): Promise<SecretData | undefined>
  create(data: SecretData): Promise<void>
}

/** The error for an existing Secret in which a required entry is absent or too weak. Its `code` is `key_secret_invalid`. */
class KeySecretError extends Error {
  readonly code = 'key_secret_invalid'

  constructor(message: string) {
    super(message)
    this.name = 'KeySecretError'
  }
}

/**
 * Creates the Secret with the keys that all pods of an installation share. The operator never changes an existing Secret,
 * because keys are changed by hand. Rejects with a KeySecretError if a key is absent or too weak. Rejects with an ApiError if a
 * request fails.
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
    // Another operator of this installation has created the Secret first.
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
