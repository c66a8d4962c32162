/** Finds the command to type where a port is taken. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { USUAL_LISTEN } from '../cli/settings/settings.ts'

/** Ports to try; after them the next port is suggested without a check. */
const TRIES = 50

/** Whether a port of a host is free, for UDP and for TCP. */
export type IsFree = (host: string, port: number) => Promise<boolean>

/**
 * The command that starts the demo beside the program that has the port: the same arguments with another port. Undefined where
 * the error is not about a taken port.
 */
export async function otherPortCommand(
  errorText: string,
  args: readonly string[],
  isFree: IsFree = canBeBound,
): Promise<string | undefined> {
  const [, transport, host = '', taken] =
    /cannot listen on (udp|tcp):\/\/(\S+):(\d+): EADDRINUSE/.exec(errorText) ??
    /cannot listen for (HTTP) on (\S+):(\d+): the address is in use/.exec(errorText) ??
    []
  if (transport === undefined) return undefined
  const port = await freePort(host, Number(taken), isFree)
  if (transport === 'HTTP') return startCommand([...without(args, '--http'), '--http', `${host}:${port}`])
  const moved = (url: string): string => url.replace(new RegExp(`:${taken}$`), `:${port}`)
  const listen = listenOf(args, `${transport}://${host}:${taken}`).map(moved)
  return startCommand([...without(args, '--listen'), ...listen.flatMap((url) => ['--listen', url])])
}

/**
 * The address to listen on: from the flags, else the usual one, else from the environment, of which only the taken address is
 * known.
 */
function listenOf(args: readonly string[], taken: string): readonly string[] {
  const fromFlags = valuesOf(args, '--listen')
  if (fromFlags.length > 0) return fromFlags
  return USUAL_LISTEN.includes(taken) ? USUAL_LISTEN : [taken]
}

/** The next free port of the host. */
export async function freePort(host: string, taken: number, isFree: IsFree = canBeBound): Promise<number> {
  for (let port = taken + 1; port <= Math.min(taken + TRIES, 65_535); port++) {
    if (await isFree(host, port)) return port
  }
  return taken + 1
}

/** The values of a flag, in both ways of writing it. */
export function valuesOf(args: readonly string[], flag: string): string[] {
  return args.flatMap((arg, i) => {
    if (arg.startsWith(`${flag}=`)) return [arg.slice(flag.length + 1)]
    const value = args[i + 1]
    return arg === flag && value !== undefined ? [value] : []
  })
}

function without(args: readonly string[], flag: string): string[] {
  return args.filter((arg, i) => arg !== flag && !arg.startsWith(`${flag}=`) && args[i - 1] !== flag)
}

/** The command as a user types it. */
export function startCommand(args: readonly string[]): string {
  return ['npm start', ...(args.length > 0 ? ['--'] : []), ...args.map(quoted)].join(' ')
}

function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", String.raw`'\''`)}'`
}

async function canBeBound(host: string, port: number): Promise<boolean> {
  const address = host.replace(/^\[|\]$/g, '')
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  const server = createServer()
  try {
    socket.bind(port, address)
    await once(socket, 'listening')
    server.listen(port, address)
    await once(server, 'listening')
    return true
  } catch {
    // A port with any error is not suggested.
    return false
  } finally {
    socket.close()
    server.close()
  }
}
