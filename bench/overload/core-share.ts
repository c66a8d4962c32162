/**
 * Gives a server a share of its core by the bandwidth control of a cgroup: `cpu.max` of version 2, or `cpu.cfs_quota_us` of
 * version 1, whichever has the cpu controller here.
 */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { STOP_MS } from '../limits.ts'
import { treeProcesses } from '../server/process-cpu.ts'
import { GROUP_LOOK_MS, MIN_PERIOD_US, MIN_QUOTA_US } from './limits.ts'

const ROOT = '/sys/fs/cgroup'

export interface CoreShare {
  /** What limits the server, for the head of the tables. */
  readonly way: string
  /** Lets the server have its whole core again. */
  release(): void
}

/**
 * Limits a process and its descendants, all together. `share` is from `MIN_SHARE` to 1; with 1 nothing is limited.
 * Throws an Error that says what to do where cgroups cannot be written.
 */
export function limitToShare(pid: number, share: number): CoreShare {
  if (share === 1) return { way: 'the whole core', release: () => undefined }
  const period = Math.max(MIN_PERIOD_US, Math.round(MIN_QUOTA_US / share))
  try {
    return limit(pid, { quota: Math.round(share * period), period })
  } catch (error) {
    const advice = 'run as root where the cpu controller can be written, or with --share 1, which limits nothing'
    throw new Error(`the server cannot be given a share of its core by a cgroup: ${advice}`, { cause: error })
  }
}

/** Microseconds of processor time in each period, and of the period. */
interface Bandwidth {
  readonly quota: number
  readonly period: number
}

function limit(pid: number, bandwidth: Bandwidth): CoreShare {
  const parent = existsSync(join(ROOT, 'cgroup.controllers')) ? ROOT : join(ROOT, 'cpu')
  const group = join(parent, `sip-dispatch-bench-${pid}`)
  if (parent === ROOT) writeFileSync(join(ROOT, 'cgroup.subtree_control'), '+cpu')
  mkdirSync(group)
  const way = parent === ROOT ? limitVersion2(group, bandwidth) : limitVersion1(group, bandwidth)
  move(treeProcesses(pid), group)
  const release = (): void => {
    process.off('exit', release)
    removeGroup(group, parent)
  }
  process.once('exit', release)
  return { way, release }
}

function limitVersion2(group: string, { quota, period }: Bandwidth): string {
  writeFileSync(join(group, 'cpu.max'), `${quota} ${period}`)
  return `cgroup v2, cpu.max ${quota} ${period}`
}

function limitVersion1(group: string, { quota, period }: Bandwidth): string {
  writeFileSync(join(group, 'cpu.cfs_period_us'), String(period))
  writeFileSync(join(group, 'cpu.cfs_quota_us'), String(quota))
  return `cgroup v1, cpu.cfs_quota_us ${quota} of cpu.cfs_period_us ${period}`
}

/** A group cannot be removed before its processes have left it; one that was killed takes a moment to leave. */
function removeGroup(group: string, parent: string): void {
  const deadline = performance.now() + STOP_MS
  for (;;) {
    move(membersOf(group), parent)
    try {
      return rmdirSync(group)
    } catch (error) {
      const busy = error instanceof Error && 'code' in error && error.code === 'EBUSY'
      if (!busy || performance.now() > deadline) throw error
    }
    // It also runs while this process exits, when nothing can be awaited any more.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, GROUP_LOOK_MS)
  }
}

function membersOf(group: string): number[] {
  return readFileSync(join(group, 'cgroup.procs'), 'latin1').split('\n').filter(Boolean).map(Number)
}

/** A process moves with all its threads. One that has ended in between needs no limit. */
function move(pids: readonly number[], group: string): void {
  for (const pid of pids) {
    try {
      writeFileSync(join(group, 'cgroup.procs'), String(pid))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
    }
  }
}
