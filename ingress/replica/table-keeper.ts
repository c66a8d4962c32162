/**
 * Writes the table to disk, so that after a restart a pod never serves an older table than the last one it reported. Each
 * change goes into the journal before it is reported. A whole table goes into the table file. A disk that fails or stalls
 * does not delay the report: the fault is reported too, and writing is tried again until it works.
 */
import { type CacheHead, comparePositions, type TablePosition } from '../route-table/cache-head.ts'
import { DISK_WAIT_MS, FILE_RETRY_MS, MAX_JOURNAL_BYTES, MAX_JOURNAL_LINE_LENGTH } from './limits.ts'
import { type FileContent, writeTableFile } from './table-file.ts'
import { encodeChange, openJournal, type TableChange } from './table-journal.ts'

export interface TableKeeper {
  /**
   * Called when the live table has changed. `change` is the change of the cache's log, or undefined if the whole table is
   * new.
   */
  changed(change: TableChange | undefined): void
  /**
   * The position that may be reported: the position of the table on disk, or of the live table if the disk fails. Undefined
   * if nothing may be reported yet. The same object is returned until the position changes.
   */
  readonly position: TablePosition | undefined
  /** Writes all pending changes, if the disk works. */
  close(): Promise<void>
}

export interface TableKeeperOptions {
  readonly file: string
  /**
   * The live table. `content` returns it with its entries, and `head` only its head, at no cost. Undefined before the first
   * table.
   */
  readonly content: () => FileContent | undefined
  readonly head: () => CacheHead | undefined
  /**
   * The table that was on the disk when the process started. `changes` are those of the journal, and `head` is the head
   * after them.
   */
  readonly found: FoundTable | undefined
  /** Called when `position` has changed. */
  readonly onPosition: () => void
  /** Called after each write. The argument is the fault of the disk, or undefined if the disk has the live table. */
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
  /** The head of the table on the disk. The table file and its journal together are this table. */
  #headOnDisk: CacheHead | undefined
  /** The head after the last change in the journal or in the pending lines. */
  #queuedHead: CacheHead | undefined
  /** Lines that must still be written to the journal. */
  #pendingLines: string[] = []
  #pendingBytes = 0
  /** The changes that came after the content of the latest table file was taken from the live table. */
  #laterChanges = noChangesAfter(undefined)
  #journalBytes = 0
  /** Whether a new table file is needed. True if the changes of the journal no longer lead to the live table. */
  #needsFile: boolean
  #diskFailed = false
  #diskLate = false
  #writingFile: Promise<void> | undefined
  #appending: Promise<void> = Promise.resolve()
  #retry: NodeJS.Timeout | undefined
  #diskTimer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: TableKeeperOptions) {
    this.#options = options
    this.#journal = openJournal(options.file)
    const { found } = options
    this.#needsFile = found === undefined
    if (found === undefined) return
    this.#headOnDisk = found.head
    this.#queuedHead = found.head
    // The journal may end in the middle of a line. So it is written again before a line is added.
    this.#appending = this.#beginJournal(found.changes.map(encodeChange)).catch((error: unknown) => this.#fail(error))
  }

  get position(): TablePosition | undefined {
    return this.#diskFailed || this.#diskLate ? this.#options.head() : this.#headOnDisk
  }

  changed(change: TableChange | undefined): void {
    this.#expectDisk()
    if (change === undefined || isLarge(change)) return this.#onWhole()
    const line = encodeChange(change)
    this.#rememberChange(line, change.head)
    if (this.#needsFile) return this.#writeFile()
    this.#pendingLines.push(line)
    this.#pendingBytes += Buffer.byteLength(line)
    this.#queuedHead = change.head
    // If the disk hangs, the lines that wait must not fill the memory. Above this limit, they are dropped, and the whole
    // table is written instead.
    if (this.#pendingBytes > MAX_JOURNAL_BYTES) return this.#onWhole()
    this.#append()
  }

  #onWhole(): void {
    this.#needsFile = true
    this.#clearPending()
    this.#laterChanges = { ...noChangesAfter(undefined), whole: true }
    this.#writeFile()
  }

  /** Remembers a change that came while a table file is being written, because the file does not contain the change. */
  #rememberChange(line: string, head: CacheHead): void {
    if (this.#writingFile === undefined || this.#laterChanges.whole) return
    this.#laterChanges.lines.push(line)
    this.#laterChanges.head = head
    this.#laterChanges.bytes += Buffer.byteLength(line)
    if (this.#laterChanges.bytes > MAX_JOURNAL_BYTES) this.#laterChanges = { ...noChangesAfter(undefined), whole: true }
  }

  #clearPending(): void {
    this.#pendingLines = []
    this.#pendingBytes = 0
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    const last = this.#lastWrite()
    await Promise.race([last, new Promise((resolve) => setTimeout(resolve, DISK_WAIT_MS).unref())])
    clearTimeout(this.#diskTimer)
  }

  async #lastWrite(): Promise<void> {
    await this.#writingFile
    await this.#appending
    if (this.#needsFile || this.#journalBytes > 0) await this.#writeOnce()
    await this.#journal.close().catch((error: unknown) => this.#fail(error))
  }

  /** Plans a write after the earlier writes. Lines that come during a write are written together by the next write. */
  #append(): void {
    this.#appending = this.#appending.then(() => this.#appendPending())
  }

  async #appendPending(): Promise<void> {
    const lines = this.#pendingLines
    if (lines.length === 0 || this.#needsFile) return
    this.#journalBytes += this.#pendingBytes
    this.#clearPending()
    const head = this.#queuedHead
    try {
      await this.#journal.append(lines)
    } catch (error) {
      return this.#fail(error)
    }
    this.#onWritten(head)
    if (this.#journalBytes > MAX_JOURNAL_BYTES) this.#writeFile()
  }

  /**
   * Writes the table file, one write at a time. If a write is requested during a write, the next write contains the newer
   * changes.
   */
  #writeFile(): void {
    if (this.#writingFile !== undefined || this.#closed || this.#retry !== undefined) return
    this.#writingFile = this.#writeOnce().finally(() => {
      this.#writingFile = undefined
      if (this.#closed) return
      if (this.#diskFailed) this.#retry = setTimeout(() => this.#tryAgain(), FILE_RETRY_MS).unref()
      else if (this.#needsFile) this.#writeFile()
    })
  }

  #tryAgain(): void {
    this.#retry = undefined
    this.#writeFile()
  }

  async #writeOnce(): Promise<void> {
    const content = this.#options.content()
    if (content === undefined) return
    this.#laterChanges = noChangesAfter(content.head)
    try {
      await writeTableFile(this.#options.file, content)
      const restarted = this.#appending.then(() => this.#restartJournal(content.head))
      this.#appending = restarted.catch(() => undefined)
      await restarted
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Starts the journal of a new table file. Its first lines are the changes that came while the file was written. */
  async #restartJournal(head: CacheHead): Promise<void> {
    const { whole } = this.#laterChanges
    // If a whole table came during the write, the changes do not belong to this file. The next file will contain that
    // table.
    const { lines, head: last } = whole ? noChangesAfter(head) : this.#laterChanges
    this.#laterChanges = { ...noChangesAfter(last), whole }
    this.#clearPending()
    this.#queuedHead = last
    this.#needsFile = whole
    await this.#beginJournal(lines)
    this.#diskFailed = false
    this.#onWritten(last)
  }

  async #beginJournal(lines: readonly string[]): Promise<void> {
    this.#journalBytes = lines.reduce((bytes, line) => bytes + Buffer.byteLength(line), 0)
    await this.#journal.restart(lines)
  }

  #onWritten(head: CacheHead | undefined): void {
    this.#headOnDisk = head
    this.#diskLate = false
    this.#stopDiskTimer()
    if (!this.#isUpToDate()) this.#expectDisk()
    this.#options.onDisk(undefined)
    this.#options.onPosition()
  }

  #isUpToDate(): boolean {
    const live = this.#options.head()
    return live === undefined || (this.#headOnDisk !== undefined && comparePositions(this.#headOnDisk, live) === 0)
  }

  #fail(error: unknown): void {
    this.#diskFailed = true
    this.#needsFile = true
    this.#stopDiskTimer()
    this.#clearPending()
    this.#options.onDisk(error)
    this.#options.onPosition()
    this.#writeFile()
  }

  #stopDiskTimer(): void {
    clearTimeout(this.#diskTimer)
    this.#diskTimer = undefined
  }

  /** Starts to wait for a write of the disk. A disk that is too slow counts as a disk that fails. */
  #expectDisk(): void {
    if (this.#diskFailed) return
    this.#diskTimer ??= setTimeout(() => {
      this.#diskLate = true
      this.#options.onDisk(new Error(`nothing was written for ${DISK_WAIT_MS} ms`))
      this.#options.onPosition()
    }, DISK_WAIT_MS).unref()
  }
}

/**
 * Whether a change is too large for the journal. Calls wait while a line is made. So a large change goes into the table
 * file, which is written in slices.
 */
function isLarge({ changes }: TableChange): boolean {
  let length = 0
  for (const [key, json = ''] of changes) length += key.length + json.length
  return length > MAX_JOURNAL_LINE_LENGTH
}

interface Since {
  readonly lines: string[]
  bytes: number
  head: CacheHead | undefined
  /** Whether a whole table has come. If so, the lines do not lead to that table. */
  whole: boolean
}

function noChangesAfter(head: CacheHead | undefined): Since {
  return { lines: [], bytes: 0, head, whole: false }
}
