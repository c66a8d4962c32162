import { errorText } from '../../ingress/text/error-text.ts'
import type { DatedClock } from '../../ingress/time/dated-clock.ts'
import type { ApiClient } from '../api/api-client.ts'
import { ApiError } from '../api/api-error.ts'
import { DEFINITION_LOOK_MS, OLD_DEFINITION_LOOK_MS } from './limits.ts'
import { type CustomKind, type OldDefinition, oldDefinitions, oldDefinitionText } from './served-definition.ts'

/** Looks now and then at the CustomResourceDefinitions that the API server serves. */
export interface DefinitionWatch {
  /** Kinds whose definition is older than this operator, as far as is known. */
  readonly outdated: ReadonlySet<CustomKind>
  /** Some definition drops fields: what an object does not say may have been misspelt. */
  readonly fieldsDropped: boolean
  /** Begins with a look at once. `onChange`: something about them is another than before. */
  start(onChange: () => void): void
  stop(): void
}

export interface DefinitionWatchOptions {
  readonly api: Pick<ApiClient, 'openApi'>
  readonly clock: Pick<DatedClock, 'after'>
  /** Codes: `crd_outdated`, and `crd_unread` where what is served cannot be read. */
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
      // Together: of faults with the same code only those with another text are told at once.
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

/** A text says why nothing is known. Rejects never. */
async function servedOld(api: DefinitionWatchOptions['api'], signal: AbortSignal): Promise<OldDefinition[] | string> {
  try {
    return oldDefinitions(await api.openApi(signal))
  } catch (error) {
    // Nothing is served yet: whoever watches the objects says so.
    if (error instanceof ApiError && error.code === 'api_not_found') return []
    const reason = errorText(error)
    return `whether the CustomResourceDefinitions are those of this release is not known: ${reason}; every ServiceAccount may read /openapi/v3 by the ClusterRole system:discovery`
  }
}
