/**
 * Makes calls and measures their times, in a process of its own so that it can have a core of its own. Reads one order per line
 * from standard input, writes one result per line, and ends with its input.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { DRAIN_MS, MAX_CALLS, MAX_ORDER_SECONDS, RESEND_LOOK_MS, SOCKET_BUFFER_BYTES } from './limits.ts'
import { answerCalls } from './load/backend.ts'
import { type Caller, createCaller } from './load/caller.ts'
import type { LoadOrder, LoadResult } from './load/load-order.ts'
import { createTally } from './load/tally.ts'

/** Calls started since the process began, so that every call of every order is different. */
let started = 0

for await (const line of createInterface(process.stdin)) {
  const order: LoadOrder = JSON.parse(line)
  process.stdout.write(`${JSON.stringify(await run(order))}\n`)
}

async function run(order: LoadOrder): Promise<LoadResult> {
  const callerSocket = await connectedSocket(0, order.serverPort)
  const backendSocket = await connectedSocket(order.backendPort, order.serverPort)
  answerCalls(backendSocket)
  const tally = createTally()
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  await makeCalls(order, startedAt, (onOver) => createCaller({ order, socket: callerSocket, tally, onOver }))
  const { user, system } = process.cpuUsage(cpu)
  const elapsed = (performance.now() - startedAt) * 1000
  callerSocket.close()
  backendSocket.close()
  return tally.result(startedAt, (user + system) / elapsed)
}

/** Resolves when the time is over and every call has ended, or had enough time to end. */
function makeCalls(order: LoadOrder, startedAt: number, createWith: (onOver: () => void) => Caller): Promise<void> {
  const deadline = startedAt + Math.min(order.seconds, MAX_ORDER_SECONDS) * 1000
  const first = started
  const mayStart = () => performance.now() < deadline && started - first < MAX_CALLS
  return new Promise((resolve) => {
    const finish = (): void => {
      clearInterval(looking)
      resolve()
    }
    const caller = createWith(() => {
      if ('outstanding' in order.pace && mayStart()) caller.start(++started)
      else if (caller.open === 0 && !mayStart()) finish()
    })
    const looking = setInterval(() => {
      const now = performance.now()
      caller.look(now)
      if (now > deadline + DRAIN_MS || (now > deadline && caller.open === 0)) finish()
    }, RESEND_LOOK_MS)
    if ('outstanding' in order.pace) for (let i = 0; i < order.pace.outstanding; i++) caller.start(++started)
    else startEvenly({ caller, callsPerSecond: order.pace.callsPerSecond, startedAt, mayStart })
  })
}

interface EvenStart {
  readonly caller: Caller
  readonly callsPerSecond: number
  readonly startedAt: number
  readonly mayStart: () => boolean
}

/** Loops without sleeping, so that it measures the wake-up of the server and not its own. */
function startEvenly({ caller, callsPerSecond, startedAt, mayStart }: EvenStart): void {
  let calls = 0
  const turn = (): void => {
    const due = ((performance.now() - startedAt) / 1000) * callsPerSecond
    for (; calls < due && mayStart(); calls++) caller.start(++started)
    if (mayStart() || caller.open > 0) setImmediate(turn)
  }
  turn()
}

async function connectedSocket(port: number, serverPort: number): Promise<Socket> {
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: SOCKET_BUFFER_BYTES,
    sendBufferSize: SOCKET_BUFFER_BYTES,
  })
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  socket.connect(serverPort, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}
