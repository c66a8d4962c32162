/** Manifests in the short form of tests: the required fields, and the fields that the test sets. */

const API_VERSION = 'sipdispatch.dev/v1alpha1'

export interface TrunkSpec {
  readonly sources: readonly string[]
  readonly [field: string]: unknown
}

/** A SipTrunk of the namespace `default`. */
export function sipTrunk(name: string, spec: TrunkSpec): object {
  return { apiVersion: API_VERSION, kind: 'SipTrunk', metadata: { name }, spec }
}

/** A DispatchRule for one called number; `action` and more fields of the spec as a user writes them. */
export function dispatchRule(name: string, called: string, action: object, fields: object = {}): object {
  const spec = { match: { called: [{ exact: called }] }, action, ...fields }
  return { apiVersion: API_VERSION, kind: 'DispatchRule', metadata: { name }, spec }
}

/** A route to backends, a tier each, in failover order. */
export function routeTo(uris: readonly string[], route: object = {}): object {
  return { type: 'Route', route: { backends: uris.map((uri, tier) => ({ uri, tier })), ...route } }
}

/** A file that contains the objects. JSON is also YAML. */
export function manifestText(objects: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, undefined, 2)
}
