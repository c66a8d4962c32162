interface ObjectIdentity {
  readonly namespace: string
  readonly name: string
  readonly creationTimestamp?: string | null | undefined
}

/** `namespace/name`: the name of an object in the table and in every message. */
export function objectKey(metadata: ObjectIdentity): string {
  return `${metadata.namespace}/${metadata.name}`
}

/** The creation time in milliseconds since 1970. An object without a creation time gets 0, so it counts as the oldest. */
export function createdAt(metadata: ObjectIdentity): number {
  return metadata.creationTimestamp ? Date.parse(metadata.creationTimestamp) : 0
}
