/** Certificates for tests, made by the `openssl` program: an authority and the certificates that it signs. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'] as const

export interface Certificate {
  readonly certificateFile: string
  readonly keyFile: string
}

export interface CertificateRequest {
  /** The file's name, without its ending. */
  readonly name: string
  /** In the form of openssl: `/O=system:masters/CN=admin`. */
  readonly subject: string
  /** Subject alternative names: `IP:127.0.0.1`, `DNS:localhost`. */
  readonly names?: readonly string[]
}

export interface CertificateAuthority {
  readonly caFile: string
  /** Issues a certificate for servers and clients alike. */
  issue(request: CertificateRequest): Promise<Certificate>
}

/** Makes an authority whose files are in `folder`. */
export async function createCertificateAuthority(folder: string): Promise<CertificateAuthority> {
  const caFile = join(folder, 'ca.crt')
  const caKeyFile = join(folder, 'ca.key')
  const extensions = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign']
  const out = ['-keyout', caKeyFile, '-out', caFile, '-days', '2', '-subj', '/CN=sip-dispatch test CA']
  await run('openssl', ['req', '-x509', ...KEY, ...out, ...extensions])
  return { caFile, issue: (request) => issued(request, { folder, caFile, caKeyFile }) }
}

async function issued(
  { name, subject, names = [] }: CertificateRequest,
  { folder, caFile, caKeyFile }: { folder: string; caFile: string; caKeyFile: string },
): Promise<Certificate> {
  const certificateFile = join(folder, `${name}.crt`)
  const keyFile = join(folder, `${name}.key`)
  const extensions = ['basicConstraints=CA:FALSE', 'extendedKeyUsage=serverAuth,clientAuth']
  if (names.length > 0) extensions.push(`subjectAltName=${names.join(',')}`)
  const out = ['-keyout', keyFile, '-out', certificateFile, '-days', '2', '-subj', subject]
  const authority = ['-CA', caFile, '-CAkey', caKeyFile]
  await run('openssl', [
    'req',
    '-x509',
    ...KEY,
    ...authority,
    ...out,
    ...extensions.flatMap((text) => ['-addext', text]),
  ])
  return { certificateFile, keyFile }
}
