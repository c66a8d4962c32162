/** Ports of 127.0.0.1 for programs that cannot pick one themselves. */
import { once } from 'node:events'
import { createServer } from 'node:net'

export type Loopback = '127.0.0.1' | '::1'

/** As it stands in a URL. */
export function uriHost(host: Loopback): string {
  return host === '::1' ? '[::1]' : host
}

/** TCP ports that nobody listens on, all different. */
export async function loopbackPorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => {
    const address = server.address()
    return address !== null && typeof address === 'object' ? address.port : 0
  })
  await Promise.all(
    servers.map((server) => {
      server.close()
      return once(server, 'close')
    }),
  )
  return ports
}
