/**
 * One address that several pods share, as a Service provides it: each client port stays with its pod until that pod has failed
 * some readiness probes. A real Service needs a cluster's network.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** Milliseconds between two probes, and the failures after which a pod is out: like the probes of the chart's pods, only faster. */
const PROBE_INTERVAL_MS = 1_000
const FAILED_PROBES = 4

export interface SharedPod {
  /** The UDP port of the shared address, on 127.0.0.1. */
  readonly udp: number
  readiness(): Promise<readonly [status: number, text: string]>
}

export interface SharedAddress {
  readonly port: number
  close(): void
}

interface Member {
  readonly pod: SharedPod
  failed: number
}

interface Pinned {
  readonly back: Socket
  member: Member
}

export async function startSharedAddress(pods: readonly SharedPod[]): Promise<SharedAddress> {
  const members: Member[] = pods.map((pod) => ({ pod, failed: 0 }))
  const front = await boundSocket()
  const pins = new Map<number, Promise<Pinned>>()
  let turn = 0
  const choose = (): Member | undefined => {
    const up = members.filter((member) => isUp(member))
    return up[turn++ % Math.max(up.length, 1)]
  }
  const pin = async (port: number, member: Member): Promise<Pinned> => {
    const back = await boundSocket()
    back.on('message', (bytes) => front.send(bytes, port, '127.0.0.1'))
    return { back, member }
  }
  const pass = async (bytes: Buffer, port: number): Promise<void> => {
    const first = choose()
    if (first === undefined) return
    const known = pins.get(port) ?? pin(port, first)
    pins.set(port, known)
    const pinned = await known
    if (!isUp(pinned.member)) pinned.member = choose() ?? pinned.member
    pinned.back.send(bytes, pinned.member.pod.udp, '127.0.0.1')
  }
  front.on('message', (bytes, { port }) => void pass(bytes, port))
  const probing = setInterval(() => {
    for (const member of members) void probe(member)
  }, PROBE_INTERVAL_MS)
  return {
    port: front.address().port,
    close: () => {
      clearInterval(probing)
      front.close()
      for (const pinned of pins.values()) void pinned.then(({ back }) => back.close())
    },
  }
}

function isUp({ failed }: Member): boolean {
  return failed < FAILED_PROBES
}

/** A pod that has ended refuses the connection, which is a failed probe too. */
async function probe(member: Member): Promise<void> {
  const status = await member.pod.readiness().then(
    ([code]) => code,
    () => 0,
  )
  member.failed = status === 200 ? 0 : member.failed + 1
}

async function boundSocket(): Promise<Socket> {
  const socket = createSocket('udp4').unref()
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}
