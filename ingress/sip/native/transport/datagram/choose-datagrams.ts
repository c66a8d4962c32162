/** Chooses at the start how datagrams are received and sent. */
import { isMainThread } from 'node:worker_threads'
import { createBatchedDatagrams } from './batched-datagrams.ts'
import type { DatagramSockets } from './datagram-sockets.ts'
import { nodeDatagrams } from './node-datagrams.ts'
import { checkBatched } from './start-check.ts'
import { loadSystemCalls, type SystemCalls } from './system-calls.ts'

export type DatagramsSetting = 'auto' | 'batched' | 'node'

export interface ChosenDatagrams {
  readonly sockets: DatagramSockets
  /** Why datagrams are not batched. Absent if they are batched, or if the setting is `node`. */
  readonly reason?: string
}

/** The error if the setting is `batched` and batched datagrams do not work here. */
class DatagramsUnavailable extends Error {
  readonly code = 'batched-datagrams-unavailable'

  constructor(reason: string) {
    super(`batched datagrams cannot be used here: ${reason}; use --datagrams auto or --datagrams node`)
    this.name = 'DatagramsUnavailable'
  }
}

/**
 * `auto`: batched datagrams if they work here, else those of `node:dgram`. `batched`: rejects with `DatagramsUnavailable` if
 * they do not work. `onFallBack` is called if batched datagrams work at first and fail later. `load` gives the system calls, or
 * rejects with the reason why there are none.
 */
export async function chooseDatagrams(
  setting: DatagramsSetting,
  onFallBack: (reason: string) => void,
  load: () => Promise<SystemCalls> = loadSystemCalls,
): Promise<ChosenDatagrams> {
  if (setting === 'node') return { sockets: nodeDatagrams }
  try {
    return { sockets: await openBatched(onFallBack, load) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (setting === 'batched') throw new DatagramsUnavailable(reason)
    return { sockets: nodeDatagrams, reason }
  }
}

async function openBatched(
  onFallBack: (reason: string) => void,
  load: () => Promise<SystemCalls>,
): Promise<DatagramSockets> {
  const { platform, arch } = process
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) {
    throw new Error(`they need Linux on x64 or arm64, this is ${platform} on ${arch}`)
  }
  if (!isMainThread) throw new Error('they need the event loop of the main thread')
  let failure: string | undefined
  let isChosen = false
  const sockets = createBatchedDatagrams(await load(), (code) => {
    failure = `a system call has failed with ${code}`
    if (isChosen) onFallBack(failure)
  })
  await checkBatched(sockets)
  if (failure !== undefined) throw new Error(failure)
  isChosen = true
  return sockets
}
