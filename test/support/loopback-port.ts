/** Ports of a loopback address for programs that cannot choose one themselves. */
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

export type Loopback = '127.0.0.1' | '::1'

/** The host as written in a URL. */
export function uriHost(host: Loopback): string {
  return host === '::1' ? '[::1]' : host
}

/**
 * The system never gives these ports to a program that asks for any port (Linux begins at 32768), so a free one stays free
 * until it is bound.
 */
const FIRST_PORT = 20_000
const PORTS = 10_000

/** Of so many random ports at least one is free. */
const MAX_DRAWS = 100

/** A port of the address without a datagram socket and without a listener. */
export async function freePort(address: string): Promise<number> {
  for (let draws = 0; draws < MAX_DRAWS; draws++) {
    const port = FIRST_PORT + randomInt(PORTS)
    if ((await takesDatagrams(port, address)) && (await takesConnections(port, address))) return port
  }
  throw new Error(`NO_FREE_PORT: of ${MAX_DRAWS} ports from ${FIRST_PORT} on none is free at ${address}`)
}

/** Ports of 127.0.0.1 that are free, all different. */
export async function loopbackPorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await freePort('127.0.0.1'))
  return [...ports]
}

async function takesDatagrams(port: number, address: string): Promise<boolean> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.bind(port, address)
  const bound = await isBound(once(socket, 'listening'))
  socket.close()
  return bound
}

async function takesConnections(port: number, address: string): Promise<boolean> {
  const server = createServer().listen(port, address)
  const bound = await isBound(once(server, 'listening'))
  if (!bound) return false
  server.close()
  await once(server, 'close')
  return true
}

async function isBound(listening: Promise<unknown>): Promise<boolean> {
  try {
    await listening
    return true
  } catch (error) {
    // In jest the error is of another realm, so it is no instance of this Error.
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'EADDRINUSE') return false
    throw error
  }
}
