/**
 * Compares the CustomResourceDefinitions that the API server serves with those of this version of the program. If a served
 * definition is older, the API server drops fields.
 */
import { API_GROUP } from '../../crds/schema/api-object.ts'
import { knownSchemas } from '../../crds/schema/known-schemas.ts'
import { isRecord } from '../api/json-value.ts'
import { MAX_REPORTED_FAULTS } from './limits.ts'

export type CustomKind = 'SipTrunk' | 'DispatchRule'

/** A definition that is older than this version of the program, and the differences. */
export interface OldDefinition {
  readonly kind: CustomKind
  /** The fields that this version has and the served definition does not have. */
  readonly missing: readonly string[]
  /** Whether the API server drops unknown fields in some part of an object because of this definition. */
  readonly drops: boolean
}

/**
 * The definitions in an OpenAPI document (v3) that are older than this version. A kind that the API server does not serve is
 * left out.
 */
export function oldDefinitions(document: unknown): OldDefinition[] {
  const schemas = Object.values(recordAt(recordAt(document, 'components'), 'schemas'))
  return Object.entries(knownSchemas()).flatMap(([kind, known]) => {
    const served = schemas.find((schema) => isOfKind(schema, kind))
    if (served === undefined) return []
    const found: Found = { missing: [], drops: false }
    compare(known, served, '', found)
    return found.missing.length > 0 || found.drops ? [{ kind: kind as CustomKind, ...found }] : []
  })
}

/** A sentence that names the differences and says what to do. */
export function oldDefinitionText({ kind, missing, drops }: OldDefinition): string {
  const shown = missing.slice(0, MAX_REPORTED_FAULTS)
  const more = missing.length > shown.length ? ` and ${missing.length - shown.length} more` : ''
  const faults = [
    ...(drops ? ['drops fields that it does not know, so that a misspelt one goes unnoticed'] : []),
    ...(shown.length > 0 ? [`lacks ${shown.join(', ')}${more}`] : []),
  ]
  return `the CustomResourceDefinition of ${kind} is older than this operator: it ${faults.join(', and it ')}; apply the CustomResourceDefinitions of this release`
}

interface Found {
  readonly missing: string[]
  drops: boolean
}

function compare(known: unknown, served: unknown, path: string, found: Found): void {
  if (isRecord(known) && isRecord(known['items']))
    compare(known['items'], recordAt(served, 'items'), `${path}[]`, found)
  const fields = Object.entries(recordAt(known, 'properties'))
  if (fields.length === 0) return
  if (recordOf(served)['x-kubernetes-preserve-unknown-fields'] !== true) found.drops = true
  const servedFields = recordAt(served, 'properties')
  for (const [name, field] of fields) {
    const at = path === '' ? name : `${path}.${name}`
    if (name in servedFields) compare(field, servedFields[name], at, found)
    else found.missing.push(at)
  }
}

function isOfKind(schema: unknown, kind: string): boolean {
  const names = recordOf(schema)['x-kubernetes-group-version-kind']
  return (
    Array.isArray(names) && names.some((name) => isRecord(name) && name['group'] === API_GROUP && name['kind'] === kind)
  )
}

function recordAt(value: unknown, key: string): Record<string, unknown> {
  return recordOf(recordOf(value)[key])
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {}
}
