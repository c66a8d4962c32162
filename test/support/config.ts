import { delimiter } from 'node:path'

/** What the run of jest tells the processes of its tests, by an environment variable. */
const SHARED_SERVER_PORT = 'SIP_DISPATCH_TEST_SERVER_PORT'

/** The port of 127.0.0.1 that answers where the run's API server is; undefined outside of a run. */
export function sharedServerPort(): number | undefined {
  const port = process.env[SHARED_SERVER_PORT]
  return port === undefined ? undefined : Number(port)
}

/** A real drachtio-server on this machine that tests may use, with its SIP port; undefined: there is none. */
export function realDrachtioServer(): { url: string; secret: string; sipPort: number } | undefined {
  const url = process.env['DRACHTIO_URL']
  if (url === undefined || url === '') return undefined
  return {
    url,
    secret: process.env['DRACHTIO_SECRET'] ?? '',
    sipPort: Number(process.env['DRACHTIO_SIP_PORT'] ?? 5060),
  }
}

/** What a shell of whoever runs the tests has: its PATH, without what npm put before it, and its home. */
export function userShell(): { readonly path: readonly string[]; readonly home: string } {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  return { path, home: process.env['HOME'] ?? '' }
}

/** For the processes that jest starts from now on. */
export function setSharedServerPort(port: number): void {
  process.env[SHARED_SERVER_PORT] = String(port)
}
