/**
 * Reads two fields of a Namespace: the uid, which identifies an installation, and the annotation that allows mass deletions.
 */
import { API_GROUP } from '../../crds/schema/api-object.ts'
import type { ApiClient } from '../api/api-client.ts'
import { isRecord } from '../api/json-value.ts'

/**
 * An annotation of a Namespace. If its value is `true`, the removal of this Namespace's objects from the table is never held.
 */
export const ALLOW_MASS_DELETION = `${API_GROUP}/allow-mass-deletion`

export interface NamespaceApi {
  /**
   * Returns the uid of a Namespace. It never changes, and every Namespace of every cluster has a different uid. Rejects with an
   * ApiError.
   */
  uid(name: string): Promise<string>
  /** Whether the Namespace has the annotation that allows mass deletions. Rejects with an ApiError. */
  allowsMassDeletion(name: string): Promise<boolean>
}

export function namespaceApi(client: Pick<ApiClient, 'get'>): NamespaceApi {
  const metadata = async (name: string) =>
    (await client.get({ group: '', version: 'v1', plural: 'namespaces' }, { name })).metadata
  return {
    uid: async (name) => (await metadata(name)).uid,
    allowsMassDeletion: async (name) => {
      const annotations: unknown = (await metadata(name))['annotations']
      return isRecord(annotations) && annotations[ALLOW_MASS_DELETION] === 'true'
    },
  }
}
