/** Shows from a V8 CPU profile where the time went between two moments. */

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
}

/** The part of a `node --cpu-prof` file that is used here. */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  /** Microseconds of the monotonic clock. */
  readonly startTime: number
  readonly samples: readonly number[]
  /** Microseconds between samples. */
  readonly timeDeltas: readonly number[]
}

/** Rows of each table: any further row takes less than half a percent. */
const PARTS = 18
const FUNCTIONS = 40

/** The time between two moments, in µs of the monotonic clock. */
interface Window {
  readonly from: number
  readonly to: number
}

/**
 * The parts of the program and the functions with the most time of their own, as Markdown tables of shares of the time.
 * `(idle)` is both waiting for packets and receiving them: the profiler does not separate these.
 */
export function profileTables(text: string, window: Window): string {
  const profile: CpuProfile = JSON.parse(text)
  const tables = [
    shareTable('part', sharesBy(profile, window, partOf), PARTS),
    shareTable('function', sharesBy(profile, window, nameOf), FUNCTIONS),
  ]
  return tables.join('\n\n')
}

function shareTable(title: string, shares: ReadonlyMap<string, number>, count: number): string {
  let total = 0
  for (const microseconds of shares.values()) total += microseconds
  const rows = [...shares]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([name, microseconds]) => `| ${((microseconds / total) * 100).toFixed(1)} | ${name} |`)
  return [`| % of time | ${title} |`, '|---|---|', ...rows].join('\n')
}

function sharesBy(
  { nodes, startTime, samples, timeDeltas }: CpuProfile,
  { from, to }: Window,
  name: (node: ProfileNode) => string,
): ReadonlyMap<string, number> {
  const names = new Map(nodes.map((node) => [node.id, name(node)]))
  const shares = new Map<string, number>()
  let at = startTime
  for (const [i, id] of samples.entries()) {
    const delta = timeDeltas[i] ?? 0
    at += delta
    if (at < from || at > to) continue
    const key = names.get(id) ?? '(unknown)'
    shares.set(key, (shares.get(key) ?? 0) + delta)
  }
  return shares
}

/** The part to which a frame belongs: a folder of our sources, a module of Node, or a name that V8 uses. */
function partOf({ callFrame: { functionName, url } }: ProfileNode): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'functions of V8 and Node in C++'
  return url.startsWith('node:') ? url : placeOf(url).replace(/\/[^/]*$/, '/')
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  return url === '' ? name : `\`${name}\` ${placeOf(url)}:${lineNumber + 1}`
}

function placeOf(url: string): string {
  return url.replace(/^file:\/\/.*?\/(?=(ingress|operator|standalone|cli|bench|node_modules)\/)/, '')
}
