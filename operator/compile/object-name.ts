import { compareText } from '../../ingress/route-table/rule-order.ts'

interface ObjectIdentity {
  readonly namespace: string
  readonly name: string
  readonly creationTimestamp?: string | null | undefined
}

/** `namespace/name`: what the table and every message call an object. */
export function objectKey(metadata: ObjectIdentity): string {
  return `${metadata.namespace}/${metadata.name}`
}

/** Milliseconds since 1970; an object without a creation time is as old as any can be. */
export function createdAt(metadata: ObjectIdentity): number {
  return metadata.creationTimestamp ? Date.parse(metadata.creationTimestamp) : 0
}

/** Oldest first, then by name: who came first, the same in every run. */
export function olderFirst<T extends { createdAt: number; name: string }>(a: T, b: T): number {
  return a.createdAt === b.createdAt ? compareText(a.name, b.name) : a.createdAt - b.createdAt
}
