/** Processor time as Linux counts it: all threads of a process and of its descendants. */
import { readdirSync, readFileSync } from 'node:fs'
import { CLOCK_TICKS_PER_SECOND } from '../limits.ts'

interface ProcessTimes {
  readonly parent: number
  /** utime + stime, in clock ticks. */
  readonly ticks: number
}

/** Microseconds of processor time, user and system, that a process and its descendants have used. */
export function treeCpuMicroseconds(pid: number): number {
  let ticks = 0
  for (const times of treeOf(pid).values()) ticks += times.ticks
  return (ticks / CLOCK_TICKS_PER_SECOND) * 1e6
}

/** MiB that a process and its descendants use; shared memory counts once (proc_pid_smaps(5), Pss). */
export function treeMemoryMebibytes(pid: number): number {
  let kibibytes = 0
  for (const id of treeOf(pid).keys()) {
    const rollup = readFileSync(`/proc/${id}/smaps_rollup`, 'latin1')
    kibibytes += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0)
  }
  return kibibytes / 1024
}

/** The ids of a process and its descendants. Throws a RangeError where the process has ended. */
export function treeProcesses(pid: number): number[] {
  const ids = [...treeOf(pid).keys()]
  if (ids.length === 0) throw new RangeError(`process ${pid} has ended`)
  return ids
}

function treeOf(pid: number): Map<number, ProcessTimes> {
  const processes = new Map<number, ProcessTimes>()
  for (const name of readdirSync('/proc')) {
    const times = /^\d+$/.test(name) ? readTimes(name) : undefined
    if (times) processes.set(Number(name), times)
  }
  return new Map([...processes].filter(([id]) => isBelow(processes, id, pid)))
}

function isBelow(processes: ReadonlyMap<number, ProcessTimes>, id: number, root: number): boolean {
  for (let at: number | undefined = id; at !== undefined && at !== 0; at = processes.get(at)?.parent) {
    if (at === root) return true
  }
  return false
}

/** proc_pid_stat(5): the name in field 2 may contain any character, so fields are counted from its closing bracket. */
function readTimes(id: string): ProcessTimes | undefined {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }
  } catch (error) {
    // The process has ended since the folder was read.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return undefined
    throw error
  }
}
