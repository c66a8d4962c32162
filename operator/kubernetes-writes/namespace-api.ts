/** What the operator asks of Namespaces: who an installation is, and whether a team allows its rules to go. */
import { API_GROUP } from '../../crds/schema/api-object.ts'
import type { ApiClient } from '../api/api-client.ts'
import { isRecord } from '../api/json-value.ts'

/** On a Namespace, with the value `true`: any number of its objects may leave the table at once. */
export const ALLOW_MASS_DELETION = `${API_GROUP}/allow-mass-deletion`

export interface NamespaceApi {
  /** The same for the life of a Namespace, and of no other one in any cluster. Rejects with an ApiError. */
  uid(name: string): Promise<string>
  /** Rejects with an ApiError. */
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
