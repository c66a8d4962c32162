/**
 * Reads files with tokens, certificates and keys. Each use reads the file again, because files are replaced while the operator
 * runs.
 */
import { accessSync, constants } from 'node:fs'
import { readRegularFile } from '../../ingress/files/regular-file.ts'
import { firstLine, KubeConfigError } from './kube-config-error.ts'
import type { PemSource } from './kube-context.ts'
import { MAX_CREDENTIAL_BYTES } from './limits.ts'

/**
 * Throws a KubeConfigError if the file is absent or this process may not read it. So the user sees the fault when the program
 * starts, and not first at a request.
 */
export function checkCredentialFile(what: string, file: string): void {
  try {
    accessSync(file, constants.R_OK)
  } catch (cause) {
    throw unreadable(what, file, firstLine(cause), cause)
  }
}

/** Returns the token in a file, without the newline that an editor adds at the end. Rejects with a KubeConfigError. */
export async function readTokenFile(file: string): Promise<string> {
  const token = (await readFile('the token file', file)).trim()
  if (/^[\x21-\x7e]+$/.test(token)) return token
  throw unreadable('the token file', file, token === '' ? 'it is empty' : 'it holds more than one word, or no token')
}

/** Reads a PEM. A text without a PEM is refused: TLS would ignore it and trust the authorities of the system instead. */
export async function readPem(what: string, source: PemSource): Promise<string> {
  const pem = source.file === undefined ? source.text : await readFile(what, source.file)
  if (pem.includes('-----BEGIN ')) return pem
  const where = source.file ?? 'the kubeconfig'
  throw unreadable(what, where, 'it holds no PEM: a certificate or key begins with -----BEGIN')
}

async function readFile(what: string, file: string): Promise<string> {
  try {
    return (await readRegularFile(file, MAX_CREDENTIAL_BYTES)).toString('utf8')
  } catch (cause) {
    throw unreadable(what, file, firstLine(cause), cause)
  }
}

function unreadable(what: string, file: string, why: string, cause?: unknown): KubeConfigError {
  const message = `${what} ${file} cannot be read: ${why}; mount what holds it, or correct its path in the kubeconfig`
  return new KubeConfigError('kubeconfig_credentials', message, cause)
}
