/**
 * The requests by which the operator writes to the Kubernetes API: its Lease, statuses, Events, and the Secret with the keys.
 */
import { API_GROUP, API_VERSION } from '../../crds/schema/api-object.ts'
import type { ApiClient } from '../api/api-client.ts'
import { ApiError } from '../api/api-error.ts'
import { type ApiObject, FIELD_MANAGER } from '../api/api-object.ts'
import type { ApiResource } from '../api/api-resource.ts'
import { isRecord } from '../api/json-value.ts'
import type { EventApi } from './event-recorder.ts'
import type { SecretApi } from './key-secret.ts'
import type { LeaseApi, LeaseRecord, StoredLease } from './lease.ts'
import { LEASE_DURATION_MS } from './limits.ts'
import type { StatusApi, StatusTarget } from './status-writer.ts'

type Reader = Pick<ApiClient, 'get' | 'create' | 'replace'>

/** Makes the requests about one Lease (coordination.k8s.io/v1). */
export function leaseApi(client: Reader, { namespace, name }: { namespace: string; name: string }): LeaseApi {
  const leases: ApiResource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', namespace }
  const body = (record: LeaseRecord, metadata: Readonly<Record<string, unknown>> = {}) => {
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...metadata, name, namespace },
      spec: record,
    }
  }
  return {
    get: (signal) => ifThere(async () => storedLease(await client.get(leases, { name }, signal))),
    create: async (record, signal) => storedLease(await client.create(leases, body(record), signal)),
    update: async ({ record, resourceVersion }, signal) => {
      return storedLease(
        await client.replace(leases, { path: { name }, body: body(record, { resourceVersion }), signal }),
      )
    },
  }
}

/** The creation time of the Lease, in RFC 3339 form. Undefined if the Lease does not exist. */
export async function leaseCreation(
  client: Pick<ApiClient, 'get'>,
  { namespace, name }: { namespace: string; name: string },
): Promise<string | undefined> {
  const leases: ApiResource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', namespace }
  const created = (await ifThere(() => client.get(leases, { name })))?.metadata['creationTimestamp']
  return typeof created === 'string' ? created : undefined
}

/** Reads a Lease. A field that is absent or invalid gets the value that it has in a Lease without a holder. */
function storedLease({ metadata, ...lease }: ApiObject): StoredLease {
  const spec = isRecord(lease['spec']) ? lease['spec'] : {}
  return {
    resourceVersion: metadata.resourceVersion,
    record: {
      holderIdentity: textOrEmpty(spec['holderIdentity']),
      leaseDurationSeconds: numberOf(spec['leaseDurationSeconds']) ?? LEASE_DURATION_MS / 1000,
      acquireTime: textOrEmpty(spec['acquireTime']),
      renewTime: textOrEmpty(spec['renewTime']),
      leaseTransitions: numberOf(spec['leaseTransitions']) ?? 0,
    },
  }
}

const PLURALS: Readonly<Record<StatusTarget['kind'], string>> = { SipTrunk: 'siptrunks', DispatchRule: 'dispatchrules' }

/**
 * Makes the requests about statuses of both kinds. Each write is a merge patch that names the version on which it is based.
 * Server-side apply is not used: it could not remove a condition that another field manager owns. Such a condition can exist
 * after somebody has restored a backup or edited a status.
 */
export function statusApi(client: Pick<ApiClient, 'mergePatch'>): StatusApi {
  return {
    writeStatus: async ({ target: { kind, namespace, name }, conditions, installation, resourceVersion }, signal) => {
      const resource: ApiResource = { group: API_GROUP, version: API_VERSION, plural: PLURALS[kind], namespace }
      // The version also prevents a write to a new object that was created under the same name.
      const status = { installation, ...(conditions === undefined ? {} : { conditions }) }
      const body = { metadata: { resourceVersion }, status }
      const path = { name, subresource: 'status' } as const
      const written = await client.mergePatch(resource, { path, body, fieldManager: FIELD_MANAGER, signal })
      return { resourceVersion: written.metadata.resourceVersion }
    },
  }
}

/** Makes the requests about Events of the group events.k8s.io/v1. */
export function eventApi(client: Pick<ApiClient, 'create' | 'mergePatch'>): EventApi {
  const events = (namespace: string): ApiResource => {
    return { group: 'events.k8s.io', version: 'v1', plural: 'events', namespace }
  }
  return {
    create: async (event, signal) => {
      await client.create(events(event.metadata.namespace), event, signal)
    },
    patchSeries: async ({ metadata: { namespace, name } }, series, signal) => {
      await client.mergePatch(events(namespace), { path: { name }, body: { series }, signal })
    },
  }
}

/** Makes the requests about one Secret. */
export function secretApi(client: Reader, { namespace, name }: { namespace: string; name: string }): SecretApi {
  const secrets: ApiResource = { group: '', version: 'v1', plural: 'secrets', namespace }
  return {
    get: () => ifThere(async () => secretData((await client.get(secrets, { name }))['data'])),
    create: async (data) => {
      await client.create(secrets, {
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'Opaque',
        metadata: { name, namespace },
        data,
      })
    },
  }
}

function secretData(data: unknown): Record<string, string> {
  const entries = Object.entries(isRecord(data) ? data : {})
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

async function ifThere<T>(get: () => Promise<T>): Promise<T | undefined> {
  try {
    return await get()
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  }
}

function textOrEmpty(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
