import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Whether something has happened since the last call. A sign is asked only if the signs before it in the list saw nothing, so
 * the cheapest comes first.
 *
 * @typedef {() => boolean} Sign
 */

/** Seconds of CPU time. A process that waits for ever stays below, although it wakes up from time to time. */
const LEAST_CPU_SECONDS = 1

/** Ticks per second in /proc, the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/** Positions of fields in /proc/PID/stat, counted from after the name of the program. */
const STAT = /** @type {const} */ ({ group: 2, times: [11, 12, 13, 14] })

/**
 * Measures for how long nothing has happened, by the time of `now`. `look` has to be called regularly and returns that time.
 *
 * @param {readonly Sign[]} signs
 * @param {() => number} [now] milliseconds; those of a machine that sleeps do not count
 * @returns {{ look: () => number }}
 */
export function silenceOf(signs, now = () => performance.now()) {
  let lastSignAt = now()
  return {
    look: () => {
      if (signs.some((sign) => sign())) {
        lastSignAt = now()
      }
      return now() - lastSignAt
    },
  }
}

/**
 * A sign that a value has changed.
 *
 * @param {() => unknown} look
 * @returns {Sign}
 */
export function change(look) {
  let known = look()
  return () => {
    const before = known
    known = look()
    return known !== before
  }
}

/**
 * A sign that the processes of a group have used CPU time: compilers and linkers write nothing for minutes.
 *
 * @param {number} group
 * @param {(group: number) => number | undefined} [look]
 * @returns {Sign}
 */
export function work(group, look = cpuSecondsOfGroup) {
  let known = look(group)
  return () => {
    const now = look(group)
    // A smaller value means that one of the processes has ended, which is a sign too.
    if (now === undefined || (known !== undefined && Math.abs(now - known) < LEAST_CPU_SECONDS)) {
      return false
    }
    known = now
    return true
  }
}

/**
 * The CPU time of the processes of a group and of their children that have ended.
 *
 * @param {number} group
 * @returns {number | undefined} seconds; undefined where this machine does not tell
 */
function cpuSecondsOfGroup(group) {
  return cpuSecondsByProc(group) ?? cpuSecondsByPs(group)
}

/**
 * For systems with /proc.
 *
 * @param {number} group
 */
export function cpuSecondsByProc(group) {
  const pids = entriesOf('/proc').filter((name) => /^\d+$/.test(name))
  let ticks = 0
  for (const pid of pids) {
    // The name of the program is in brackets and may contain any character.
    const parts = textOf(`/proc/${pid}/stat`)
      ?.replace(/^.*\) /s, '')
      .split(' ')
    if (parts !== undefined && Number(parts[STAT.group]) === group) {
      ticks += STAT.times.reduce((sum, at) => sum + Number(parts[at]), 0)
    }
  }
  return pids.length > 0 ? ticks / TICKS_PER_SECOND : undefined
}

/**
 * For systems without /proc.
 *
 * @param {number} group
 */
export function cpuSecondsByPs(group) {
  const { status, stdout } = spawnSync('ps', ['-A', '-o', 'pgid=,time='], { encoding: 'utf8' })
  if (status !== 0) {
    return undefined
  }
  const times = [...stdout.matchAll(/^\s*(\d+)\s+(\S+)/gm)].filter(([, id]) => Number(id) === group)
  return times.reduce((sum, [, , time = '']) => sum + secondsOf(time), 0)
}

/**
 * Reads a time as ps writes it: `[[days-]hours:]minutes:seconds`.
 *
 * @param {string} time
 */
export function secondsOf(time) {
  const [clock = '', days = '0'] = time.split('-').reverse()
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400
}

/**
 * A text that changes as soon as Go has built a package or has fetched a part of a module. Reads 256 folders, and the archives
 * of modules that are being fetched.
 *
 * @param {string} buildCache GOCACHE
 * @param {string} moduleCache GOMODCACHE
 * @returns {string}
 */
export function stateOfGoCaches(buildCache, moduleCache) {
  const built = entriesOf(buildCache).map((name) => statOf(join(buildCache, name))?.mtimeMs ?? 0)
  return `${built.reduce((sum, time) => sum + time, 0)} ${bytesOf(join(moduleCache, 'cache', 'download'))}`
}

/**
 * The bytes of the files in a folder and in its subfolders.
 *
 * @param {string} folder
 * @returns {number}
 */
function bytesOf(folder) {
  return entriesOf(folder).reduce((sum, name) => {
    const path = join(folder, name)
    const found = statOf(path)
    return sum + (found?.isDirectory() ? bytesOf(path) : (found?.size ?? 0))
  }, 0)
}

// The files may disappear at any time: an absent file counts as empty.

/** @param {string} folder */
function entriesOf(folder) {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** @param {string} path */
function statOf(path) {
  return statSync(path, { throwIfNoEntry: false })
}

/** @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
