/**
 * The thread that reads the folder, so that calls never wait for what somebody has put there. It is started with the path of
 * the folder, is told what the table in use holds, and offers another one whenever the folder has become one.
 */
import { setPriority } from 'node:os'
import process from 'node:process'
import { parentPort, workerData } from 'node:worker_threads'
import { type FolderWatch, watchManifestFolder } from '../operator/watch/manifest-folder.ts'
import { createFolderReader } from './folder-reader.ts'
import { READER_NICENESS, STEP_INTERVAL_MS } from './limits.ts'
import type { FromReader, ToReader } from './reader-messages.ts'

// A priority is the thread's own on Linux alone; elsewhere it would be the whole process'.
if (process.platform === 'linux') setPriority(READER_NICENESS)

const folder: string = workerData
let watch: FolderWatch | undefined
/** The table in use is what the folder was at the last change. */
let good = false
let waiting = 0
let reading: Promise<void> = Promise.resolve()
let told = Number.NEGATIVE_INFINITY
let onTaken = (_inUse: boolean): void => undefined
const reader = createFolderReader(folder, step)

function say(message: FromReader): void {
  parentPort?.postMessage(message)
}

/** A sign of life, now and then. */
function step(): void {
  const now = performance.now()
  if (now - told < STEP_INTERVAL_MS) return
  told = now
  say({ type: 'reading', state: watch?.state ?? '' })
}

async function read(): Promise<void> {
  told = Number.NEGATIVE_INFINITY
  step()
  const outcome = await reader.read()
  switch (outcome.type) {
    case 'failed':
    case 'refused':
      good = false
      return say({ type: 'read', outcome })
    case 'same':
      good = true
      return say({ type: 'read', outcome })
    case 'changed': {
      const taken = new Promise<boolean>((resolve) => {
        onTaken = resolve
      })
      say({ type: 'read', outcome })
      good = await taken
      reader.taken(good)
    }
  }
}

/** Reads come one after the other. */
function readNext(): void {
  waiting++
  reading = reading.then(read).finally(() => {
    waiting--
  })
}

/** The watch comes first, so that no change between it and the first read is lost. */
async function begin(unreadable: string | undefined): Promise<void> {
  const listener = {
    onChange: readNext,
    // A table is no fresher for a change that is still being read.
    onUnchanged: () => {
      if (good && waiting === 0) say({ type: 'unchanged' })
    },
  }
  watch = await watchManifestFolder(folder, listener, unreadable)
  if (unreadable === undefined) readNext()
}

parentPort?.on('message', (message: ToReader) => {
  switch (message.type) {
    case 'held':
      return reader.hold(message.entries)
    case 'begin':
      reader.begin(message.version)
      return void begin(message.unreadable)
    case 'next':
      return say({ type: 'changes', changes: reader.next() })
    case 'taken':
      return onTaken(message.inUse)
  }
})
