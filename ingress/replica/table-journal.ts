/**
 * The changes made since the table file was written. Each change is a line of JSON in a file beside the table file. A line
 * without its line end is not used. So if a process is killed while it writes a line, all earlier changes are still good.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { decodeHead, encodeHead } from '../route-table/cache-head.ts'
import type { EntryChange, LogRecord } from '../route-table/cache-log.ts'
import { isObject } from '../route-table/content-check.ts'
import { readIfThere, replaceFile } from './table-file.ts'

export type TableChange = Extract<LogRecord, { readonly type: 'delta' }>

/** The path of the journal that belongs to a table file. */
function journalPath(file: string): string {
  return `${file}.journal`
}

export function encodeChange({ head, from, changes }: TableChange): string {
  return `${JSON.stringify([encodeHead(head), from, changes.map(([key, json]) => [key, json ?? null])])}\n`
}

/**
 * The changes of a journal, oldest first, up to the first invalid line. Whether a change fits the table is not checked
 * here: the checksum shows it later. Rejects with the system's error if the file cannot be read.
 */
export async function readJournal(file: string): Promise<TableChange[]> {
  const text = (await readIfThere(journalPath(file))) ?? ''
  const lines = text.split('\n').slice(0, -1)
  const changes: TableChange[] = []
  for (const line of lines) {
    const change = decodeChange(line)
    if (change === undefined) return changes
    changes.push(change)
  }
  return changes
}

/** Reads one line. Undefined if `encodeChange` did not write the line, or if a part of it is missing. */
function decodeChange(line: string): TableChange | undefined {
  try {
    const [head, from, changes]: unknown[] = JSON.parse(line)
    if (typeof head !== 'string' || typeof from !== 'number' || !Array.isArray(changes)) return undefined
    const entries = changes.map(entryChange)
    if (!entries.every((entry) => entry !== undefined)) return undefined
    return { type: 'delta', head: decodeHead(head), from, changes: entries }
  } catch (error) {
    // Errors of JSON or of the head mean that the file is damaged. Any other error is a defect of this program.
    if (error instanceof SyntaxError || error instanceof TypeError || isContentError(error)) return undefined
    throw error
  }
}

function entryChange(value: unknown): EntryChange | undefined {
  const [key, json]: unknown[] = Array.isArray(value) ? value : []
  if (typeof key !== 'string' || (typeof json !== 'string' && json !== null)) return undefined
  return [key, json ?? undefined]
}

function isContentError(error: unknown): boolean {
  return isObject(error) && error['code'] === 'cache-content'
}

/**
 * A journal that is open for writing. Each function may be called only after the previous promise has resolved or rejected.
 */
export interface Journal {
  /** Replaces the whole content by these lines. */
  restart(lines: readonly string[]): Promise<void>
  /** Adds lines at the end. When this resolves, the lines survive a crash. */
  append(lines: readonly string[]): Promise<void>
  close(): Promise<void>
}

export function openJournal(file: string): Journal {
  const path = journalPath(file)
  let handle: FileHandle | undefined
  const close = async (): Promise<void> => {
    const open = handle
    handle = undefined
    await open?.close()
  }
  return {
    async restart(lines) {
      await close()
      await replaceFile(path, lines)
    },
    async append(lines) {
      handle ??= await open(path, 'a')
      await handle.appendFile(lines.join(''))
      await handle.datasync()
    },
    close,
  }
}
