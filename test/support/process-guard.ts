/**
 * No process and no folder outlives the test that made it, even where the test could not tidy up: after a crash, Ctrl-C
 * or SIGKILL of jest. A small process of its own holds the list, and acts when its standard input ends.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const GUARD = fileURLToPath(new URL('process-guard-main.ts', import.meta.url))

/** A process to kill, or a folder to remove once the processes are gone. */
export type Leftover = { readonly pid: number } | { readonly folder: string }

interface Guard {
  readonly child: ChildProcess
  kept: number
}

let guard: Guard | undefined

/** Takes it on the list; the answer takes it off again, once the test has tidied up itself. */
export function guardLeftover(leftover: Leftover): () => void {
  guard ??= startGuard()
  const mine = guard
  mine.kept++
  tell(mine, { add: leftover })
  let onList = true
  return () => {
    if (!onList) return
    onList = false
    tell(mine, { drop: leftover })
    mine.kept--
    if (mine.kept > 0) return
    mine.child.stdin?.end()
    if (guard === mine) guard = undefined
  }
}

function tell({ child }: Guard, order: object): void {
  child.stdin?.write(`${JSON.stringify(order)}\n`)
}

/** A session of its own: neither Ctrl-C nor the end of the process group reaches it. */
function startGuard(): Guard {
  const child = spawn(process.execPath, [GUARD], { detached: true, stdio: ['pipe', 'ignore', 'inherit'] })
  child.unref()
  const { stdin } = child
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  return { child, kept: 0 }
}
