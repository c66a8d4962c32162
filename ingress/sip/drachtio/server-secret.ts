import { readFile } from 'node:fs/promises'
import type { DrachtioConfig } from './drachtio-config.ts'

/** A secret that cannot be used; the message says of which file. */
class SecretError extends Error {
  readonly code = 'drachtio-secret-unusable'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SecretError'
  }
}

/** The secret that the servers are told. Rejects with `code` `drachtio-secret-unusable`. A line break at its end is no part of it. */
export async function readSecret({
  secretFile,
  secret = '',
}: Pick<DrachtioConfig, 'secretFile' | 'secret'>): Promise<string> {
  const text = (secretFile === undefined ? secret : await readText(secretFile)).replace(/\r?\n$/, '')
  // What separates the words of the protocol would make two of it.
  if (!/[|\r\n]/.test(text)) return text
  throw new SecretError(`${secretFile ?? 'the secret'} holds a line break or a |, which no secret of drachtio can have`)
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new SecretError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}
