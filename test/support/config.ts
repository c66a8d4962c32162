import { delimiter } from 'node:path'
import type { DatagramsSetting } from '../../ingress/sip/native/transport/datagram/choose-datagrams.ts'

/** The environment variable with which jest gives a port to the processes of its tests. */
const SHARED_SERVER_PORT = 'SIP_DISPATCH_TEST_SERVER_PORT'

/** The port of 127.0.0.1 where the API server of the run can be asked for; undefined outside of a run. */
export function sharedServerPort(): number | undefined {
  const port = process.env[SHARED_SERVER_PORT]
  return port === undefined ? undefined : Number(port)
}

/** A real drachtio-server on this machine that tests may use, with its SIP port; undefined where there is none. */
export function realDrachtioServer(): { url: string; secret: string; sipPort: number } | undefined {
  const url = process.env['DRACHTIO_URL']
  if (url === undefined || url === '') return undefined
  return {
    url,
    secret: process.env['DRACHTIO_SECRET'] ?? '',
    sipPort: Number(process.env['DRACHTIO_SIP_PORT'] ?? 5060),
  }
}

/** The shell of the user who runs the tests: its PATH, without the folders that npm put before it, and its home. */
export function userShell(): { readonly path: readonly string[]; readonly home: string } {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  return { path, home: process.env['HOME'] ?? '' }
}

/** Sets the port for all processes that jest starts from now on. */
export function setSharedServerPort(port: number): void {
  process.env[SHARED_SERVER_PORT] = String(port)
}

/** The datagram sockets that SIP_DISPATCH_DATAGRAMS asks for. By default: batched where this machine can. */
export function datagramsSetting(): DatagramsSetting {
  const setting = process.env['SIP_DISPATCH_DATAGRAMS']
  return setting === 'node' || setting === 'batched' ? setting : 'auto'
}
