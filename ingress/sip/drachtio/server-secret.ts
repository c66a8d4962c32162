import { readRegularFile } from '../../files/regular-file.ts'
import type { DrachtioConfig } from './drachtio-config.ts'
import { MAX_SECRET_BYTES } from './limits.ts'

/** The error for a secret that cannot be used. Its message names the file. */
class SecretError extends Error {
  readonly code = 'drachtio-secret-unusable'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SecretError'
  }
}

/** The secret that the servers ask for. A line break at its end is removed. Rejects with `code` `drachtio-secret-unusable`. */
export async function readSecret({
  secretFile,
  secret = '',
}: Pick<DrachtioConfig, 'secretFile' | 'secret'>): Promise<string> {
  const text = (secretFile === undefined ? secret : await readText(secretFile)).replace(/\r?\n$/, '')
  if (secretFile !== undefined && text.trim() === '') {
    throw new SecretError(`${secretFile} holds no secret: one line, not blank`)
  }
  // In the protocol, these characters separate words, so they would split the secret.
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
