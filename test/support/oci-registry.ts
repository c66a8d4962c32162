/** A real registry for images and charts, over plain HTTP on this machine. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loopbackPorts } from './loopback-port.ts'
import { guardLeftover } from './process-guard.ts'
import { startServerProcess } from './server-process.ts'

export interface OciRegistry {
  /** Host and port, as in an OCI reference. */
  readonly host: string
  stop(): Promise<void>
}

/** Starts an empty registry; resolves when it answers. */
export async function startOciRegistry(): Promise<OciRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-registry-'))
  const release = guardLeftover({ folder })
  const [port = 0] = await loopbackPorts(1)
  const host = `127.0.0.1:${port}`
  const file = join(folder, 'registry.json')
  writeFileSync(
    file,
    JSON.stringify({
      version: '0.1',
      log: { level: 'warn', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(folder, 'data') } },
      http: { addr: host },
    }),
  )
  const server = await startServerProcess({
    name: 'docker-registry',
    command: ['docker-registry', 'serve', file],
    ready: () =>
      fetch(`http://${host}/v2/`).then(
        ({ ok }) => ok,
        () => false,
      ),
  })
  return {
    host,
    stop: async () => {
      await server.stop()
      rmSync(folder, { recursive: true })
      release()
    },
  }
}
