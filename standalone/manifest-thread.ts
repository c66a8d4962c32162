/**
 * Runs the thread that reads the folder. It passes on the results of the thread, ends the thread if it is silent for too long,
 * and starts a new one after each end.
 */
import { access } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { EntryChange } from '../ingress/route-table/cache-log.ts'
import { createTimeSlice } from '../ingress/time/time-slice.ts'
import { backOff } from '../operator/watch/back-off.ts'
import { ENTRIES_PER_MESSAGE, READ_SILENCE_MS, READER_MEMORY_SHARE, RESTART_MS } from './limits.ts'
import type { FromReader, ReadOutcome, ToReader } from './reader-messages.ts'

/** The error for a thread that has ended although this process did not close it. The message says what to do. */
export class ReaderLost extends Error {
  readonly code: 'reader-out-of-memory' | 'reader-too-slow' | 'reader-stopped'

  constructor(code: ReaderLost['code'], message: string) {
    super(message)
    this.name = 'ReaderLost'
    this.code = code
  }
}

export interface ThreadListener {
  /** Returns the table in use, for a new thread: its version, and the key and hash of each entry. */
  inUse(): { readonly version: number; readonly hashes: Iterable<readonly [string, number]> }
  /**
   * Is called with the result of a reading. `next` returns the next part of the offered changes. Resolves with true if the
   * offered table is in use. Never rejects.
   */
  onRead(outcome: ReadOutcome, next: () => Promise<readonly EntryChange[]>): Promise<boolean>
  /** Is called if the folder has not changed since the table in use was made from it. */
  onUnchanged(): void
  /**
   * Is called when the thread has ended. After this call a new thread is started. If the old thread ended during a reading, the
   * new thread reads only when the folder changes. Otherwise the new thread reads immediately.
   */
  onLost(error: ReaderLost): void
}

export interface ManifestThread {
  close(): void
}

/** The limits of a thread. A thread that exceeds one of them is ended. */
export interface ThreadLimits {
  readonly memoryMebibytes: number
  /** The thread is ended if no step of a reading ends for this many milliseconds. */
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
  // Node's thread pool gets the priority of the thread that first uses a file. So the main thread uses a file here, before the
  // reading thread lowers its own priority.
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
  /** The state of the folder that the thread was reading when it ended. Undefined if it was not reading. */
  readonly reading: string | undefined
  /** Whether the thread has finished at least one reading. */
  readonly useful: boolean
}

/** Runs one thread from its start to its end. */
function runThread(
  folder: string,
  { listener, limits, end }: ThreadOptions,
  unreadable: string | undefined,
): Promise<Life> {
  const worker = new Worker(new URL('./manifest-worker.ts', import.meta.url), {
    workerData: folder,
    // Flags of the process, such as those of a profiler, must not apply to the thread.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: limits.memoryMebibytes },
  })
  const send = (message: ToReader): void => worker.postMessage(message)
  const parts = createParts(() => send({ type: 'next' }))
  const patience = createPatience(limits.silenceMs, () => void worker.terminate())
  let reading: string | undefined
  let useful = false
  let failure: unknown
  const onRead = async (outcome: ReadOutcome): Promise<void> => {
    reading = undefined
    useful = true
    const inUse = await listener.onRead(outcome, parts.next)
    if (outcome.type === 'changed') send({ type: 'taken', inUse })
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
        return parts.deliver(message.changes)
      case 'unchanged':
        return listener.onUnchanged()
    }
  })
  worker.on('error', (error) => {
    failure = error
  })
  const stop = (): void => void worker.terminate()
  end.addEventListener('abort', stop, { once: true })
  void sendTable(send, listener, unreadable)
  return new Promise((resolve) => {
    worker.on('exit', () => {
      end.removeEventListener('abort', stop)
      patience.end()
      const error = patience.isOver ? tooSlow(limits) : lostBy(failure, limits)
      parts.fail(error)
      resolve({ error, reading, useful })
    })
  })
}

/** Sends the hashes of the table in use to a new thread. It works in slices, and calls get their turn between two slices. */
async function sendTable(
  send: (message: ToReader) => void,
  listener: ThreadListener,
  unreadable: string | undefined,
): Promise<void> {
  const { version, hashes } = listener.inUse()
  const slice = createTimeSlice()
  let entries: (readonly [string, number])[] = []
  for (const entry of hashes) {
    if (entries.push(entry) < ENTRIES_PER_MESSAGE) continue
    send({ type: 'entries', entries })
    entries = []
    if (slice.over()) await slice.pause()
  }
  send({ type: 'entries', entries })
  send({ type: 'begin', version, unreadable })
}

/** Requests the parts of an offer one after the other. */
function createParts(ask: () => void) {
  let pending: PromiseWithResolvers<readonly EntryChange[]> | undefined
  let lost: ReaderLost | undefined
  return {
    next: (): Promise<readonly EntryChange[]> => {
      if (lost) return Promise.reject(lost)
      pending = Promise.withResolvers()
      ask()
      return pending.promise
    },
    deliver: (changes: readonly EntryChange[]): void => pending?.resolve(changes),
    fail: (error: ReaderLost): void => {
      lost = error
      pending?.reject(error)
    },
  }
}

/** Waits for signs of life during a reading. Calls `giveUp` if no sign has come for `silenceMs`. */
function createPatience(silenceMs: number, giveUp: () => void) {
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  return {
    get isOver() {
      return isOver
    },
    begin: (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        isOver = true
        giveUp()
      }, silenceMs).unref()
    },
    end: (): void => clearTimeout(timer),
  }
}

/** The memory limit of the thread in MiB. The rest of the memory is for the table and for calls. */
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
