/** The process of process-guard.ts: reads one order per line, and cleans up when its input ends. */
import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'

/** Milliseconds that the kernel may take to end a killed process. */
const END_LIMIT_MS = 30_000

/** Milliseconds between two checks whether they have ended. */
const LOOK_INTERVAL_MS = 10

const pids = new Set<number>()
const folders = new Set<string>()

for await (const line of createInterface(process.stdin)) {
  const { add, drop } = JSON.parse(line)
  if (add?.pid !== undefined) pids.add(add.pid)
  if (add?.folder !== undefined) folders.add(add.folder)
  if (drop?.pid !== undefined) pids.delete(drop.pid)
  if (drop?.folder !== undefined) folders.delete(drop.folder)
}
const living = [...pids].filter((pid) => signalled(pid, 'SIGKILL'))
const deadline = Date.now() + END_LIMIT_MS
while (living.some((pid) => signalled(pid, 0)) && Date.now() < deadline) await pause(LOOK_INTERVAL_MS)
for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 })

/** False where there is no such process any more. */
function signalled(pid: number, signal: 'SIGKILL' | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}
