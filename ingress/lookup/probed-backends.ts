/** The backends that rules want to be probed. They are counted when rules come and go, so that no one looks through all rules. */
import { type Backend, type BackendProbe, backendName } from '../route-table/route-table.ts'

/** A backend, and the different health checks that rules have for it. */
export interface ProbedBackend {
  readonly backend: Backend
  readonly probes: readonly BackendProbe[]
}

export interface ProbeUses {
  /** The probed backends, by their names. Made anew at each call. */
  probed(): ReadonlyMap<string, ProbedBackend>
  add(backends: readonly Backend[]): void
  /** Removes backends that were added before. If one was added twice, one of the two stays. */
  remove(backends: readonly Backend[]): void
}

interface Use {
  readonly backend: Backend
  /** How often rules have each health check. The key is its text. */
  readonly checks: Map<string, { readonly probe: BackendProbe; count: number }>
}

export function createProbeUses(): ProbeUses {
  const uses = new Map<string, Use>()
  return {
    probed: () =>
      new Map(
        Array.from(uses, ([name, { backend, checks }]) => {
          return [name, { backend, probes: Array.from(checks.values(), ({ probe }) => probe) }]
        }),
      ),
    add: (backends) => {
      for (const backend of backends) if (backend.probe !== undefined) addCheck(uses, backend, backend.probe)
    },
    remove: (backends) => {
      for (const backend of backends) if (backend.probe !== undefined) removeCheck(uses, backend, backend.probe)
    },
  }
}

function addCheck(uses: Map<string, Use>, backend: Backend, probe: BackendProbe): void {
  const name = backendName(backend)
  const use = uses.get(name) ?? { backend, checks: new Map() }
  uses.set(name, use)
  const text = JSON.stringify(probe)
  const check = use.checks.get(text)
  if (check) check.count++
  else use.checks.set(text, { probe, count: 1 })
}

function removeCheck(uses: Map<string, Use>, backend: Backend, probe: BackendProbe): void {
  const name = backendName(backend)
  const checks = uses.get(name)?.checks
  const text = JSON.stringify(probe)
  const check = checks?.get(text)
  if (checks === undefined || check === undefined) return
  check.count--
  if (check.count === 0) checks.delete(text)
  if (checks.size === 0) uses.delete(name)
}
