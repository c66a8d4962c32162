/** The reports of the pods that share limits: their text in the cache, and which of them are still there. Pure. */
import type { UseReport } from './call-limits.ts'
import type { PodUse } from './limit-share.ts'
import { MAX_REPORT_LENGTH, MAX_REPORTED_LIMITS, MAX_SHARING_PODS, UNCHANGED_READINGS } from './limits.ts'

/**
 * The text of a report: `{"n":7,"u":{"trunk/team/acme":[12.5,3]}}`. `n` is another number in each report of a pod, so that readers
 * see that the pod is there. Each limit has its calls per second and its calls at the same time.
 */
export function writeReport(number: number, report: UseReport): string {
  const u = Object.fromEntries([...report].map(([key, { demand, active }]) => [key, [demand, active]]))
  return JSON.stringify({ n: number, u })
}

/** Reads the text of a report. What is not understood is left out, because a limit must not fail for the fault of another pod. */
function readReport(text: string): UseReport {
  const report = new Map<string, PodUse>()
  for (const [key, use] of Object.entries(usesIn(text)).slice(0, MAX_REPORTED_LIMITS)) {
    const [demand, active] = Array.isArray(use) ? (use as unknown[]) : []
    if (isCount(demand) && isCount(active)) report.set(key, { demand, active: Math.floor(active) })
  }
  return report
}

function usesIn(text: string): object {
  if (text.length > MAX_REPORT_LENGTH) return {}
  try {
    const value: unknown = JSON.parse(text)
    const uses = typeof value === 'object' && value !== null && 'u' in value ? value.u : undefined
    return typeof uses === 'object' && uses !== null ? uses : {}
  } catch {
    return {}
  }
}

/** The largest number that a report may have. It is more than a pod can do, and the sum of all pods is exact. */
const MAX_COUNT = 1e9

function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_COUNT
}

export interface SharingPods {
  /** The reports of the pods that are there, and the place of our own pod among them. */
  readonly reports: readonly UseReport[]
  readonly own: number
  /** Pods that are gone. Their reports can be removed from the cache. */
  readonly gone: readonly string[]
}

export interface PodReports {
  /** Takes in the texts that stand in the cache, by the names of the pods. */
  read(texts: ReadonlyMap<string, string>): SharingPods
}

interface Seen {
  text: string
  unchanged: number
}

/**
 * No clock is compared with that of another pod: a pod is gone if its report has not changed in some of our own readings. The pods
 * are in the order of their names, so that all pods divide alike.
 */
export function createPodReports(own: string): PodReports {
  let seen = new Map<string, Seen>()
  return {
    read: (texts) => {
      const names = [...texts.keys()].sort().slice(0, MAX_SHARING_PODS)
      const next = new Map<string, Seen>()
      for (const name of names) next.set(name, lookedAt(seen.get(name), texts.get(name) ?? ''))
      seen = next
      const isGone = (name: string): boolean => name !== own && (seen.get(name)?.unchanged ?? 0) >= UNCHANGED_READINGS
      const there = names.filter((name) => !isGone(name))
      const all = there.includes(own) ? there : [...there, own].sort()
      return {
        reports: all.map((name) => readReport(texts.get(name) ?? '')),
        own: all.indexOf(own),
        gone: names.filter(isGone),
      }
    },
  }
}

function lookedAt(before: Seen | undefined, text: string): Seen {
  return { text, unchanged: before?.text === text ? before.unchanged + 1 : 0 }
}
