import { errorText } from '../../ingress/text/error-text.ts'
import type { DatedClock } from '../../ingress/time/dated-clock.ts'
import type { ApiClient } from '../api/api-client.ts'
import { ApiError } from '../api/api-error.ts'
import { DEFINITION_LOOK_MS, OLD_DEFINITION_LOOK_MS } from './limits.ts'
import { type CustomKind, type OldDefinition, oldDefinitions, oldDefinitionText } from './served-definition.ts'

/** Reads the CustomResourceDefinitions that the API server serves, again and again at intervals. */
export interface DefinitionWatch {
  /** The kinds whose definition was older than this operator at the last successful read. */
  readonly outdated: ReadonlySet<CustomKind>
  /**
   * Whether some definition drops unknown fields. If it does, a field that is absent from an object may have been misspelt by
   * its author.
   */
  readonly fieldsDropped: boolean
  /**
   * Reads the definitions immediately and then at intervals. `onChange` is called if the outdated definitions have changed
   * since the last read.
   */
  start(onChange: () => void): void
  stop(): void
}

export interface DefinitionWatchOptions {
  readonly api: Pick<ApiClient, 'openApi'>
  readonly clock: Pick<DatedClock, 'after'>
  /** Is called with the code `crd_outdated`, or with `crd_unread` if the served definitions cannot be read. */
  readonly onFault: (code: 'crd_outdated' | 'crd_unread', message: string) => void
}

export function createDefinitionWatch({ api, clock, onFault }: DefinitionWatchOptions): DefinitionWatch {
  const ended = new AbortController()
  let old: readonly OldDefinition[] = []
  let cancel = (): void => undefined
  const look = async (onChange: () => void): Promise<void> => {
    const found = await servedOld(api, ended.signal)
    if (ended.signal.aborted) return
    if (typeof found === 'string') onFault('crd_unread', found)
    else {
      const changed = definitionsText(found) !== definitionsText(old)
      old = found
      // All kinds are reported in one message. With one message for each kind, the text for this code would change at every
      // report, and the fault log would then log every report.
      if (found.length > 0) onFault('crd_outdated', definitionsText(found))
      if (changed) onChange()
    }
    cancel = clock.after(old.length > 0 ? OLD_DEFINITION_LOOK_MS : DEFINITION_LOOK_MS, () => void look(onChange))
  }
  return {
    get outdated() {
      return new Set(old.map(({ kind }) => kind))
    },
    get fieldsDropped() {
      return old.some(({ drops }) => drops)
    },
    start: (onChange) => void look(onChange),
    stop: () => {
      ended.abort()
      cancel()
    },
  }
}

function definitionsText(old: readonly OldDefinition[]): string {
  return old.map(oldDefinitionText).join('; ')
}

/** The outdated definitions. If the definitions cannot be read, returns a text that says why. Never rejects. */
async function servedOld(api: DefinitionWatchOptions['api'], signal: AbortSignal): Promise<OldDefinition[] | string> {
  try {
    return oldDefinitions(await api.openApi(signal))
  } catch (error) {
    // The API server has no definition yet. The reflectors of these objects report this fault.
    if (error instanceof ApiError && error.code === 'api_not_found') return []
    const reason = errorText(error)
    return `whether the CustomResourceDefinitions are those of this release is not known: ${reason}; every ServiceAccount may read /openapi/v3 by the ClusterRole system:discovery`
  }
}
