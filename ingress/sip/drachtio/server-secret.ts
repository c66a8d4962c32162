import { readRegularFile } from '../../files/regular-file.ts'
import type { DrachtioConfig } from './drachtio-config.ts'
import { MAX_SECRET_BYTES } from './limits.ts'

/** A secret that cannot be used; the message says of which file. */
class SecretError extends Error {
  readonly code = 'drachtio-secret-unusable'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SecretError'
  }
}

/** The secret that the servers ask for. Rejects with `code` `drachtio-secret-unusable`. A line break at its end does not belong to it. */
export async function readSecret({
  secretFile,
  secret = '',
}: Pick<DrachtioConfig, 'secretFile' | 'secret'>): Promise<string> {
  const text = (secretFile === undefined ? secret : await readText(secretFile)).replace(/\r?\n$/, '')
  if (secretFile !== undefined && text.trim() === '') {
    throw new SecretError(`${secretFile} holds no secret: one line, not blank`)
  }
  // What separates the words of the protocol would make two of it.
  if (!/[|\r\n]/.test(text)) return text
  throw new SecretError(`${secretFile ?? 'the secret'} holds a line break or a |, which no secret of drachtio can have`)
}

async function readText(path: string): Promise<string> {
  try {
    return (await readRegularFile(path, MAX_SECRET_BYTES)).toString('utf8')
  } catch (error) {
    throw new SecretError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}
