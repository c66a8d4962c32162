/** Keeps a thread that reads the folder: hands on what it says, gives it up where it says nothing, and starts it anew. */
import { access } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { EntryChange } from '../ingress/route-table/cache-log.ts'
import { createTimeSlice } from '../ingress/time/time-slice.ts'
import { backOff } from '../operator/watch/back-off.ts'
import { HELD_PER_MESSAGE, READ_SILENCE_MS, READER_MEMORY_SHARE, RESTART_MS } from './limits.ts'
import type { FromReader, ReadOutcome, ToReader } from './reader-messages.ts'

/** A thread that has ended before it was told to. The message says what to do. */
export class ReaderLost extends Error {
  readonly code: 'reader-out-of-memory' | 'reader-too-slow' | 'reader-stopped'

  constructor(code: ReaderLost['code'], message: string) {
    super(message)
    this.name = 'ReaderLost'
    this.code = code
  }
}

export interface ThreadListener {
  /** What the table in use holds, for a thread that does not know. */
  inUse(): { readonly version: number; readonly hashes: Iterable<readonly [string, number]> }
  /** Answers whether a table that was offered is in use; `next` gives the parts of its changes. Never rejects. */
  onRead(outcome: ReadOutcome, next: () => Promise<readonly EntryChange[]>): Promise<boolean>
  /** The folder is as it was when the table in use was made of it. */
  onUnchanged(): void
  /** It is started anew after this, and reads again once the folder is another, or at once where it was not reading. */
  onLost(error: ReaderLost): void
}

export interface ManifestThread {
  close(): void
}

/** What a thread may take before it is given up. */
export interface ThreadLimits {
  readonly memoryMebibytes: number
  /** Milliseconds without a step of a reading. */
  readonly silenceMs: number
}

export function startManifestThread(
  folder: string,
  listener: ThreadListener,
  limits: ThreadLimits = { memoryMebibytes: memoryMebibytes(), silenceMs: READ_SILENCE_MS },
): ManifestThread {
  const end = new AbortController()
  void keep(folder, { listener, limits, end: end.signal })
  return { close: () => end.abort() }
}

interface ThreadOptions {
  readonly listener: ThreadListener
  readonly limits: ThreadLimits
  readonly end: AbortSignal
}

async function keep(folder: string, options: ThreadOptions): Promise<void> {
  const { listener, end } = options
  let unreadable: string | undefined
  let delay = 0
  // Whoever first needs the threads that wait for files and names makes them, with his priority: here, not in the thread.
  await access(folder).catch(() => undefined)
  while (!end.aborted) {
    const life = await runThread(folder, options, unreadable)
    if (end.aborted) return
    listener.onLost(life.error)
    unreadable = life.reading
    delay = backOff(life.useful ? 0 : delay, RESTART_MS, Math.random)
    await pause(delay, undefined, { signal: end }).catch(() => undefined)
  }
}

interface Life {
  readonly error: ReaderLost
  /** The state of the folder that was being read. */
  readonly reading: string | undefined
  /** Something was read before. */
  readonly useful: boolean
}

/** One thread from its start to its end. */
function runThread(
  folder: string,
  { listener, limits, end }: ThreadOptions,
  unreadable: string | undefined,
): Promise<Life> {
  const worker = new Worker(new URL('./manifest-worker.ts', import.meta.url), {
    workerData: folder,
    // Flags of the process, a profiler's say, are not meant for it.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: limits.memoryMebibytes },
  })
  const say = (message: ToReader): void => worker.postMessage(message)
  const parts = createParts(() => say({ type: 'next' }))
  const patience = createPatience(limits.silenceMs, () => void worker.terminate())
  let reading: string | undefined
  let useful = false
  let failure: unknown
  const onRead = async (outcome: ReadOutcome): Promise<void> => {
    reading = undefined
    useful = true
    const inUse = await listener.onRead(outcome, parts.next)
    if (outcome.type === 'changed') say({ type: 'taken', inUse })
  }
  worker.on('message', (message: FromReader) => {
    if (end.aborted) return
    switch (message.type) {
      case 'reading':
        reading = message.state
        return patience.begin()
      case 'read':
        patience.end()
        void onRead(message.outcome)
        return
      case 'changes':
        return parts.came(message.changes)
      case 'unchanged':
        return listener.onUnchanged()
    }
  })
  worker.on('error', (error) => {
    failure = error
  })
  const stop = (): void => void worker.terminate()
  end.addEventListener('abort', stop, { once: true })
  void greet(say, listener, unreadable)
  return new Promise((resolve) => {
    worker.on('exit', () => {
      end.removeEventListener('abort', stop)
      patience.end()
      const error = patience.lost ? tooSlow(limits) : lostBy(failure, limits)
      parts.failed(error)
      resolve({ error, reading, useful })
    })
  })
}

/** Tells a new thread what the table in use holds, in turns with the calls that it serves. */
async function greet(
  say: (message: ToReader) => void,
  listener: ThreadListener,
  unreadable: string | undefined,
): Promise<void> {
  const { version, hashes } = listener.inUse()
  const slice = createTimeSlice()
  let entries: (readonly [string, number])[] = []
  for (const held of hashes) {
    if (entries.push(held) < HELD_PER_MESSAGE) continue
    say({ type: 'held', entries })
    entries = []
    if (slice.over()) await slice.pause()
  }
  say({ type: 'held', entries })
  say({ type: 'begin', version, unreadable })
}

/** The parts of an offer, one asked for after the other. */
function createParts(ask: () => void) {
  let waiting: PromiseWithResolvers<readonly EntryChange[]> | undefined
  let lost: ReaderLost | undefined
  return {
    next: (): Promise<readonly EntryChange[]> => {
      if (lost) return Promise.reject(lost)
      waiting = Promise.withResolvers()
      ask()
      return waiting.promise
    },
    came: (changes: readonly EntryChange[]): void => waiting?.resolve(changes),
    failed: (error: ReaderLost): void => {
      lost = error
      waiting?.reject(error)
    },
  }
}

/** Waits for signs of life, as long as there are to be any. */
function createPatience(silenceMs: number, giveUp: () => void) {
  let timer: NodeJS.Timeout | undefined
  let lost = false
  return {
    get lost() {
      return lost
    },
    begin: (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        lost = true
        giveUp()
      }, silenceMs).unref()
    },
    end: (): void => clearTimeout(timer),
  }
}

/** Beside it there must be room for the table and the calls. */
function memoryMebibytes(): number {
  return Math.floor((getHeapStatistics().heap_size_limit * READER_MEMORY_SHARE) / 2 ** 20)
}

function tooSlow({ silenceMs }: ThreadLimits): ReaderLost {
  const message = `reading the manifests took more than ${silenceMs / 1000} s without a step: split what was added last into smaller files; it is tried again when the folder changes`
  return new ReaderLost('reader-too-slow', message)
}

function lostBy(failure: unknown, limits: ThreadLimits): ReaderLost {
  const { code, message: said }: { code?: unknown; message?: unknown } = Object(failure)
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    const message = `reading the manifests took more than ${limits.memoryMebibytes} MiB: make what was added last smaller, or give the process more memory; it is tried again when the folder changes`
    return new ReaderLost('reader-out-of-memory', message)
  }
  return new ReaderLost(
    'reader-stopped',
    `the thread that reads the manifests has ended: ${typeof said === 'string' ? said : 'without a word'}; it is started anew`,
  )
}
