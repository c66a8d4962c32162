/** A collection of the Kubernetes API: all objects of one kind, in one namespace or in all namespaces. */
export interface ApiResource {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  /** The plural name in lower case, as it stands in the path. */
  readonly plural: string
  /** Absent if the collection contains the objects of all namespaces. */
  readonly namespace?: string
}

/** Names one object of a collection. `subresource` is set if a request is about the status of the object. */
export interface ApiObjectPath {
  readonly name: string
  readonly subresource?: 'status'
}

/** The percent-encoded path of a collection, or of one object in it. */
export function resourcePath(resource: ApiResource, object?: ApiObjectPath): string {
  const { group, version, plural, namespace } = resource
  const root = group === '' ? ['api', version] : ['apis', group, version]
  const scope = namespace === undefined ? [] : ['namespaces', namespace]
  const part = object === undefined ? [] : [object.name, ...(object.subresource ? [object.subresource] : [])]
  return `/${[...root, ...scope, plural, ...part].map(encodeURIComponent).join('/')}`
}

/** The name of a collection in messages: `dispatchrules.sipdispatch.dev/v1alpha1 in namespace team-a`. */
export function resourceName({ group, version, plural, namespace }: ApiResource): string {
  const kind = group === '' ? `${plural}/${version}` : `${plural}.${group}/${version}`
  return namespace === undefined ? kind : `${kind} in namespace ${namespace}`
}
