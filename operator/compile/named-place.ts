import { parseBackendUri } from '../../crds/schema/backend-uri.ts'
import type { NamedPlace } from '../../ingress/route-table/route-table.ts'

/** What is looked up for the URI of a backend. Undefined if its host is an address, or if calls cannot be sent to it. */
export function namedPlace(uri: string): NamedPlace | undefined {
  const parts = parseBackendUri(uri)
  if (!parts || !('name' in parts)) return undefined
  const { name: host, port, transport } = parts
  return { host, ...(port !== undefined && { port }), ...(transport && { transport }) }
}
