/**
 * Ends processes and removes folders of tests that could not do it themselves: after a crash, Ctrl-C or SIGKILL of jest. A
 * small separate process has the list of them, and acts when its standard input ends.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const GUARD = fileURLToPath(new URL('process-guard-main.ts', import.meta.url))

/** A process to kill, or a folder to remove when the processes are gone. */
export type Leftover = { readonly pid: number } | { readonly folder: string }

interface Guard {
  readonly child: ChildProcess
  size: number
}

let guard: Guard | undefined

/** Adds a leftover to the list. The function returned removes it again, once the test has cleaned up itself. */
export function guardLeftover(leftover: Leftover): () => void {
  guard ??= startGuard()
  const mine = guard
  mine.size++
  send(mine, { add: leftover })
  let onList = true
  return () => {
    if (!onList) return
    onList = false
    send(mine, { drop: leftover })
    mine.size--
    if (mine.size > 0) return
    mine.child.stdin?.end()
    if (guard === mine) guard = undefined
  }
}

function send({ child }: Guard, order: object): void {
  child.stdin?.write(`${JSON.stringify(order)}\n`)
}

/** The guard has a session of its own: neither Ctrl-C nor the end of the process group reaches it. */
function startGuard(): Guard {
  const child = spawn(process.execPath, [GUARD], { detached: true, stdio: ['pipe', 'ignore', 'inherit'] })
  child.unref()
  const { stdin } = child
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  return { child, size: 0 }
}
