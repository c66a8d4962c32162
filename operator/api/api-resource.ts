/** A collection of the Kubernetes API: one kind, in one namespace or in all of them. */
export interface ApiResource {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  /** The plural, lower case, as in the path. */
  readonly plural: string
  /** Absent: the collection covers every namespace. */
  readonly namespace?: string
}

/** The object of a collection that a request concerns, and the subresource of this object if the request is about one. */
export interface ApiObjectPath {
  readonly name: string
  readonly subresource?: 'status'
}

/** The path of a collection or of an object in it, percent-encoded. */
export function resourcePath(resource: ApiResource, object?: ApiObjectPath): string {
  const { group, version, plural, namespace } = resource
  const root = group === '' ? ['api', version] : ['apis', group, version]
  const scope = namespace === undefined ? [] : ['namespaces', namespace]
  const part = object === undefined ? [] : [object.name, ...(object.subresource ? [object.subresource] : [])]
  return `/${[...root, ...scope, plural, ...part].map(encodeURIComponent).join('/')}`
}

/** The name of a collection for people: `dispatchrules.sipdispatch.dev/v1alpha1 in namespace team-a`. */
export function resourceName({ group, version, plural, namespace }: ApiResource): string {
  const kind = group === '' ? `${plural}/${version}` : `${plural}.${group}/${version}`
  return namespace === undefined ? kind : `${kind} in namespace ${namespace}`
}
