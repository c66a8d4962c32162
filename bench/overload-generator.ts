/**
 * Makes calls at times that do not depend on answers, in a process of its own so that it can have a core of its own. Reads one
 * order per line from standard input, writes one result per line, and ends with its input.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { SOCKET_BUFFER_BYTES } from './limits.ts'
import { poissonPauses } from './overload/arrivals.ts'
import { createDelays, type Delays } from './overload/delays.ts'
import {
  END_LOOK_MS,
  FIRST_OPEN_CALL,
  MAX_DRAIN_MS,
  MAX_PER_TURN,
  SILENCE_MS,
  STRANGER_ADDRESS,
} from './overload/limits.ts'
import { answerOpenCalls } from './overload/open-backend.ts'
import { createOpenCaller, type OpenCaller } from './overload/open-caller.ts'
import type { OpenOrder, OpenResult } from './overload/open-order.ts'
import { createOpenTally, type OpenTally } from './overload/open-tally.ts'
import { datagramDrops } from './overload/socket-drops.ts'
import { createStrangers, type Strangers } from './overload/strangers.ts'

/** The number of the last call, so that every call of every order is different. */
let lastCall = FIRST_OPEN_CALL

for await (const line of createInterface(process.stdin)) {
  const order: OpenOrder = JSON.parse(line)
  process.stdout.write(`${JSON.stringify(await run(order))}\n`)
}

interface Sockets {
  readonly caller: Socket
  readonly backend: Socket
  readonly stranger: Socket
}

async function run(order: OpenOrder): Promise<OpenResult> {
  const sockets: Sockets = {
    caller: await connectedSocket('127.0.0.1', 0, order.serverPort),
    backend: await connectedSocket('127.0.0.1', order.backendPort, order.serverPort),
    stranger: await connectedSocket(STRANGER_ADDRESS, 0, order.serverPort),
  }
  const strangers = createStrangers(sockets.stranger)
  const tally = await makeCalls(order, sockets, strangers)
  const own = Object.values(sockets) as Socket[]
  const ownDrops = own.reduce((sum, socket) => sum + datagramDrops(socket.address().port), 0)
  for (const socket of own) socket.close()
  return { ...tally.result(), strangerBytes: strangers.bytesReceived, ownDrops }
}

/** Resolves when the load has ended, every call is over, and no packet comes any more. */
async function makeCalls(order: OpenOrder, sockets: Sockets, strangers: Strangers): Promise<OpenTally> {
  const startedAt = performance.now()
  const windowAt = startedAt + order.settleSeconds * 1000
  const endsAt = windowAt + order.seconds * 1000
  const loads = () => performance.now() < endsAt
  const tally = createOpenTally(order.scenario, order.seconds, () => performance.now() >= windowAt && loads())
  const delays = createDelays(() => performance.now())
  let heardAt = startedAt
  const onMessage = () => {
    heardAt = performance.now()
  }
  const { scenario, rules } = order
  const caller = createOpenCaller({ scenario, rules, socket: sockets.caller, tally, delays, onMessage })
  answerOpenCalls({ socket: sockets.backend, tally, delays, onMessage })
  const isOver = (now: number): boolean =>
    now > endsAt + MAX_DRAIN_MS || (now > endsAt && caller.open === 0 && now > heardAt + SILENCE_MS)
  await turns(
    [startingCalls(order, { caller, tally, startedAt }), sendingStrangers(order, { strangers, tally, startedAt })],
    {
      loads,
      isOver,
      delays,
    },
  )
  return tally
}

interface Course {
  readonly loads: () => boolean
  readonly isOver: (now: number) => boolean
  readonly delays: Delays
}

/** Under load it never sleeps, so that it measures the wake-up of the server and not its own. */
function turns(loading: readonly (() => void)[], { loads, isOver, delays }: Course): Promise<void> {
  return new Promise((resolve) => {
    const turn = (): void => {
      delays.run(MAX_PER_TURN)
      if (loads()) {
        for (const load of loading) load()
        setImmediate(turn)
      } else if (isOver(performance.now())) resolve()
      else setTimeout(turn, END_LOOK_MS)
    }
    turn()
  })
}

interface Callers {
  readonly caller: OpenCaller
  readonly tally: OpenTally
  readonly startedAt: number
}

/** What it returns starts the calls that are due. */
function startingCalls({ callsPerSecond, seed }: OpenOrder, { caller, tally, startedAt }: Callers): () => void {
  const pause = poissonPauses(callsPerSecond, seed)
  let dueAt = startedAt + pause() * 1000
  return () => {
    for (let i = 0; i < MAX_PER_TURN; i++) {
      const now = performance.now()
      if (now < dueAt) return
      tally.behind(now - dueAt)
      caller.start(++lastCall)
      dueAt += pause() * 1000
    }
  }
}

interface StrangerLoad {
  readonly strangers: Strangers
  readonly tally: OpenTally
  readonly startedAt: number
}

/** What it returns sends the strangers' packets that are due. */
function sendingStrangers(
  { strangersPerSecond }: OpenOrder,
  { strangers, tally, startedAt }: StrangerLoad,
): () => void {
  let sent = 0
  return () => {
    const due = ((performance.now() - startedAt) / 1000) * strangersPerSecond
    for (let i = 0; i < MAX_PER_TURN && sent < due; i++, sent++) {
      strangers.send()
      tally.count('strangers')
    }
  }
}

async function connectedSocket(address: string, port: number, serverPort: number): Promise<Socket> {
  const size = { recvBufferSize: SOCKET_BUFFER_BYTES, sendBufferSize: SOCKET_BUFFER_BYTES }
  const socket = createSocket({ type: 'udp4', ...size })
  socket.bind(port, address)
  await once(socket, 'listening')
  socket.connect(serverPort, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}
