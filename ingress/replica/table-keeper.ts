/**
 * Keeps the table on disk, so that a restarted pod serves no older table than it has reported: each change goes into the
 * journal before it is reported, a table that came as a whole into the table file. A disk that fails or stalls keeps nobody
 * from reporting; it is told, and tried again until it is well.
 */
import { type CacheHead, comparePositions, type TablePosition } from '../route-table/cache-head.ts'
import { DISK_WAIT_MS, FILE_RETRY_MS, MAX_JOURNAL_BYTES, MAX_JOURNAL_LINE_LENGTH } from './limits.ts'
import { type FileContent, writeTableFile } from './table-file.ts'
import { encodeChange, openJournal, type TableChange } from './table-journal.ts'

export interface TableKeeper {
  /** The live table has changed: by a change of the cache's log, or (without one) as a whole. */
  changed(change: TableChange | undefined): void
  /**
   * What may be reported: what the disk holds, and the live table where the disk fails. Undefined: nothing yet. The same
   * object until it changes.
   */
  readonly position: TablePosition | undefined
  /** Writes what is not written yet, as far as the disk lets it. */
  close(): Promise<void>
}

export interface TableKeeperOptions {
  readonly file: string
  /** The live table: its entries, and its head alone, at no cost. Undefined before the first one. */
  readonly content: () => FileContent | undefined
  readonly head: () => CacheHead | undefined
  /** What the file and its journal held when the process started: the changes of the journal, and where they led to. */
  readonly found: FoundTable | undefined
  /** `position` has changed. */
  readonly onPosition: () => void
  /** What is wrong with the disk; undefined: it holds the live table. Told at each write. */
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
  /** What the disk holds: the table file and the journal behind it. */
  #kept: CacheHead | undefined
  /** The last change that is in the journal or on its way there. */
  #queued: CacheHead | undefined
  /** Lines that are not in the journal yet. */
  #waiting: string[] = []
  #waitingBytes = 0
  /** What has changed since the table file that is being written was taken from the live table. */
  #since = nothingSince(undefined)
  #journalBytes = 0
  /** The journal does not lead on to the live table: only a table file does. */
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
    // The journal may end in the middle of a line: it is begun anew before anything is added to it.
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

  /** Only a file that is being written needs to know what has changed since. */
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

  /** One write after the other; what has gathered meanwhile is written as one. */
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

  /** Writes the table file, one at a time; whatever asks for it meanwhile is served by the next. */
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

  /** The journal goes on from the file: the changes that were made while it was written. */
  async #restartJournal(head: CacheHead): Promise<void> {
    const { whole } = this.#since
    // A table that came as a whole meanwhile has nothing to do with this file: the next one is for it.
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

  /** A disk that takes its time is one that fails. */
  #expectDisk(): void {
    if (this.#failed) return
    this.#patience ??= setTimeout(() => {
      this.#late = true
      this.#options.onDisk(new Error(`nothing was written for ${DISK_WAIT_MS} ms`))
      this.#options.onPosition()
    }, DISK_WAIT_MS).unref()
  }
}

/** Calls wait while a line is made; the file is written in slices. */
function isLarge({ changes }: TableChange): boolean {
  let length = 0
  for (const [key, json = ''] of changes) length += key.length + json.length
  return length > MAX_JOURNAL_LINE_LENGTH
}

interface Since {
  readonly lines: string[]
  bytes: number
  head: CacheHead | undefined
  /** The table has come as a whole: the lines do not lead to it. */
  whole: boolean
}

function nothingSince(head: CacheHead | undefined): Since {
  return { lines: [], bytes: 0, head, whole: false }
}
