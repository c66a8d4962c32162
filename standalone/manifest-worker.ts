/**
 * The thread that reads the folder, so that calls never wait for a reading. It gets the path of the folder at its start, and
 * then the hashes of the table in use. Whenever the folder gives a different table, the thread offers this table.
 */
import { setPriority } from 'node:os'
import process from 'node:process'
import { parentPort, workerData } from 'node:worker_threads'
import { type FolderWatch, watchManifestFolder } from '../operator/watch/manifest-folder.ts'
import { createFolderReader } from './folder-reader.ts'
import { READER_NICENESS, STEP_INTERVAL_MS } from './limits.ts'
import type { FromReader, ToReader } from './reader-messages.ts'

// On Linux this sets the priority of this thread only. On other systems it would set the priority of the whole process.
if (process.platform === 'linux') setPriority(READER_NICENESS)

const folder: string = workerData
let watch: FolderWatch | undefined
/** Whether the table in use was made from the folder as it was after its last change. */
let inStep = false
/** The number of readings that are pending or in progress. */
let readings = 0
let reading: Promise<void> = Promise.resolve()
let steppedAt = Number.NEGATIVE_INFINITY
let onTaken = (_inUse: boolean): void => undefined
const reader = createFolderReader(folder, step)

function send(message: FromReader): void {
  parentPort?.postMessage(message)
}

/** Sends a sign of life, at most once in STEP_INTERVAL_MS. */
function step(): void {
  const now = performance.now()
  if (now - steppedAt < STEP_INTERVAL_MS) return
  steppedAt = now
  send({ type: 'reading', state: watch?.state ?? '' })
}

async function read(): Promise<void> {
  steppedAt = Number.NEGATIVE_INFINITY
  step()
  const outcome = await reader.read()
  switch (outcome.type) {
    case 'failed':
    case 'refused':
      inStep = false
      return send({ type: 'read', outcome })
    case 'same':
      inStep = true
      return send({ type: 'read', outcome })
    case 'changed': {
      const taken = new Promise<boolean>((resolve) => {
        onTaken = resolve
      })
      send({ type: 'read', outcome })
      inStep = await taken
      reader.taken(inStep)
    }
  }
}

/** Starts a reading after the earlier readings are finished. */
function readNext(): void {
  readings++
  reading = reading.then(read).finally(() => {
    readings--
  })
}

/** Starts the watch and then the first reading. In this order, no change between them is lost. */
async function begin(unreadable: string | undefined): Promise<void> {
  const listener = {
    onChange: readNext,
    // While a reading is pending, the table may be older than the folder. Then nothing is sent.
    onUnchanged: () => {
      if (inStep && readings === 0) send({ type: 'unchanged' })
    },
  }
  watch = await watchManifestFolder(folder, listener, unreadable)
  if (unreadable === undefined) readNext()
}

parentPort?.on('message', (message: ToReader) => {
  switch (message.type) {
    case 'entries':
      return reader.hold(message.entries)
    case 'begin':
      reader.begin(message.version)
      return void begin(message.unreadable)
    case 'next':
      return send({ type: 'changes', changes: reader.next() })
    case 'taken':
      return onTaken(message.inUse)
  }
})
