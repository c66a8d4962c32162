/**
 * Keeps the table on disk, so that a restarted pod serves no older table than it has reported. Each change goes into the
 * journal before it is reported; a whole table goes into the table file. A disk that fails or stalls delays no report: its
 * fault is reported too, and writing is tried again until it works.
 */
import { type CacheHead, comparePositions, type TablePosition } from '../route-table/cache-head.ts'
import { DISK_WAIT_MS, FILE_RETRY_MS, MAX_JOURNAL_BYTES, MAX_JOURNAL_LINE_LENGTH } from './limits.ts'
import { type FileContent, writeTableFile } from './table-file.ts'
import { encodeChange, openJournal, type TableChange } from './table-journal.ts'

export interface TableKeeper {
  /** The live table has changed: by a change of the cache's log, or (without one) as a whole. */
  changed(change: TableChange | undefined): void
  /**
   * The position that may be reported: that of the disk, or that of the live table where the disk fails. Undefined: nothing
   * yet. The same object until it changes.
   */
  readonly position: TablePosition | undefined
  /** Writes what is still pending, as far as the disk allows it. */
  close(): Promise<void>
}

export interface TableKeeperOptions {
  readonly file: string
  /** The live table with its entries; `head` returns its head alone, at no cost. Undefined before the first table. */
  readonly content: () => FileContent | undefined
  readonly head: () => CacheHead | undefined
  /** What was on the disk when the process started: the changes of the journal, and the head after them. */
  readonly found: FoundTable | undefined
  /** Called when `position` has changed. */
  readonly onPosition: () => void
  /** Called after each write with the fault of the disk; undefined: the disk has the live table. */
  readonly onDisk: (fault: unknown) => void
}

export interface FoundTable {
  readonly head: CacheHead
  readonly changes: readonly TableChange[]
}

export function createTableKeeper(options: TableKeeperOptions): TableKeeper {
  return new Keeper(options)
}

class Keeper implements TableKeeper {
  readonly #options: TableKeeperOptions
  readonly #journal: ReturnType<typeof openJournal>
  /** The head of what is on the disk: the table file with its journal. */
  #kept: CacheHead | undefined
  /** The head after the last change that is in the journal or pending. */
  #queued: CacheHead | undefined
  /** Lines that are not in the journal yet. */
  #waiting: string[] = []
  #waitingBytes = 0
  /** The changes since the content of the table file being written was taken from the live table. */
  #since = nothingSince(undefined)
  #journalBytes = 0
  /** The changes of the journal no longer lead to the live table: a new table file is needed. */
  #broken: boolean
  #failed = false
  #late = false
  #writingFile: Promise<void> | undefined
  #appending: Promise<void> = Promise.resolve()
  #retry: NodeJS.Timeout | undefined
  #patience: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: TableKeeperOptions) {
    this.#options = options
    this.#journal = openJournal(options.file)
    const { found } = options
    this.#broken = found === undefined
    if (found === undefined) return
    this.#kept = found.head
    this.#queued = found.head
    // The journal may end in the middle of a line, so it is rewritten before a line is added.
    this.#appending = this.#beginJournal(found.changes.map(encodeChange)).catch((error: unknown) => this.#fail(error))
  }

  get position(): TablePosition | undefined {
    return this.#failed || this.#late ? this.#options.head() : this.#kept
  }

  changed(change: TableChange | undefined): void {
    this.#expectDisk()
    if (change === undefined || isLarge(change)) return this.#onWhole()
    const line = encodeChange(change)
    this.#note(line, change.head)
    if (this.#broken) return this.#writeFile()
    this.#waiting.push(line)
    this.#waitingBytes += Buffer.byteLength(line)
    this.#queued = change.head
    // A disk that hangs must not fill the memory.
    if (this.#waitingBytes > MAX_JOURNAL_BYTES) return this.#onWhole()
    this.#append()
  }

  #onWhole(): void {
    this.#broken = true
    this.#clearWaiting()
    this.#since = { ...nothingSince(undefined), whole: true }
    this.#writeFile()
  }

  /** Remembers a change that came while a table file is being written: the file does not contain it. */
  #note(line: string, head: CacheHead): void {
    if (this.#writingFile === undefined || this.#since.whole) return
    this.#since.lines.push(line)
    this.#since.head = head
    this.#since.bytes += Buffer.byteLength(line)
    if (this.#since.bytes > MAX_JOURNAL_BYTES) this.#since = { ...nothingSince(undefined), whole: true }
  }

  #clearWaiting(): void {
    this.#waiting = []
    this.#waitingBytes = 0
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    const last = this.#lastWrite()
    await Promise.race([last, new Promise((resolve) => setTimeout(resolve, DISK_WAIT_MS).unref())])
    clearTimeout(this.#patience)
  }

  async #lastWrite(): Promise<void> {
    await this.#writingFile
    await this.#appending
    if (this.#broken || this.#journalBytes > 0) await this.#writeOnce()
    await this.#journal.close().catch((error: unknown) => this.#fail(error))
  }

  /** One write after the other; lines that come during a write are written together by the next one. */
  #append(): void {
    this.#appending = this.#appending.then(() => this.#appendWaiting())
  }

  async #appendWaiting(): Promise<void> {
    const lines = this.#waiting
    if (lines.length === 0 || this.#broken) return
    this.#journalBytes += this.#waitingBytes
    this.#clearWaiting()
    const head = this.#queued
    try {
      await this.#journal.append(lines)
    } catch (error) {
      return this.#fail(error)
    }
    this.#keep(head)
    if (this.#journalBytes > MAX_JOURNAL_BYTES) this.#writeFile()
  }

  /** Writes the table file, one at a time; a request that comes meanwhile is served by the next write. */
  #writeFile(): void {
    if (this.#writingFile !== undefined || this.#closed || this.#retry !== undefined) return
    this.#writingFile = this.#writeOnce().finally(() => {
      this.#writingFile = undefined
      if (this.#closed) return
      if (this.#failed) this.#retry = setTimeout(() => this.#tryAgain(), FILE_RETRY_MS).unref()
      else if (this.#broken) this.#writeFile()
    })
  }

  #tryAgain(): void {
    this.#retry = undefined
    this.#writeFile()
  }

  async #writeOnce(): Promise<void> {
    const content = this.#options.content()
    if (content === undefined) return
    this.#since = nothingSince(content.head)
    try {
      await writeTableFile(this.#options.file, content)
      const restarted = this.#appending.then(() => this.#restartJournal(content.head))
      this.#appending = restarted.catch(() => undefined)
      await restarted
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Starts the journal of a new file with the changes that came while the file was written. */
  async #restartJournal(head: CacheHead): Promise<void> {
    const { whole } = this.#since
    // A whole table that came meanwhile does not build on this file: the next file will contain it.
    const { lines, head: last } = whole ? nothingSince(head) : this.#since
    this.#since = { ...nothingSince(last), whole }
    this.#clearWaiting()
    this.#queued = last
    this.#broken = whole
    await this.#beginJournal(lines)
    this.#failed = false
    this.#keep(last)
  }

  async #beginJournal(lines: readonly string[]): Promise<void> {
    this.#journalBytes = lines.reduce((bytes, line) => bytes + Buffer.byteLength(line), 0)
    await this.#journal.restart(lines)
  }

  #keep(head: CacheHead | undefined): void {
    this.#kept = head
    this.#late = false
    this.#stopPatience()
    if (!this.#isUpToDate()) this.#expectDisk()
    this.#options.onDisk(undefined)
    this.#options.onPosition()
  }

  #isUpToDate(): boolean {
    const live = this.#options.head()
    return live === undefined || (this.#kept !== undefined && comparePositions(this.#kept, live) === 0)
  }

  #fail(error: unknown): void {
    this.#failed = true
    this.#broken = true
    this.#stopPatience()
    this.#clearWaiting()
    this.#options.onDisk(error)
    this.#options.onPosition()
    this.#writeFile()
  }

  #stopPatience(): void {
    clearTimeout(this.#patience)
    this.#patience = undefined
  }

  /** A disk that is too slow counts as one that fails. */
  #expectDisk(): void {
    if (this.#failed) return
    this.#patience ??= setTimeout(() => {
      this.#late = true
      this.#options.onDisk(new Error(`nothing was written for ${DISK_WAIT_MS} ms`))
      this.#options.onPosition()
    }, DISK_WAIT_MS).unref()
  }
}

/** Calls wait while a line is made, so a large change goes into the file, which is written in slices. */
function isLarge({ changes }: TableChange): boolean {
  let length = 0
  for (const [key, json = ''] of changes) length += key.length + json.length
  return length > MAX_JOURNAL_LINE_LENGTH
}

interface Since {
  readonly lines: string[]
  bytes: number
  head: CacheHead | undefined
  /** A whole table has come: the lines do not lead to it. */
  whole: boolean
}

function nothingSince(head: CacheHead | undefined): Since {
  return { lines: [], bytes: 0, head, whole: false }
}
