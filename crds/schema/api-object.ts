import { z } from 'zod'
import { MAX_LABEL_LENGTH, MAX_NAME_LENGTH } from './limits.ts'

export const API_GROUP = 'sipdispatch.dev'
export const API_VERSION = 'v1alpha1'

/** The name of an object: a DNS subdomain (RFC 1123). Kubernetes has the same rule. */
export const objectName = z
  .string()
  .min(1)
  .max(MAX_NAME_LENGTH)
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    'is not a Kubernetes name: lower-case letters, digits, - and . only',
  )

const namespaceName = z
  .string()
  .min(1)
  .max(MAX_LABEL_LENGTH)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'is not a Kubernetes namespace: lower-case letters, digits and - only')

const ignored = z.unknown().optional()

/** ObjectMeta of Kubernetes. Fields that only the API server uses may have any value. */
const metadata = z.strictObject({
  name: objectName,
  namespace: namespaceName.default('default'),
  creationTimestamp: z.iso.datetime().nullish(),
  generation: z.int().min(0).optional(),
  ...{ generateName: ignored, labels: ignored, annotations: ignored, uid: ignored, resourceVersion: ignored },
  ...{ selfLink: ignored, deletionTimestamp: ignored, deletionGracePeriodSeconds: ignored },
  ...{ ownerReferences: ignored, finalizers: ignored, managedFields: ignored },
})

/** Makes the schema of a whole object of one kind. `spec` is the schema of the object's spec. */
export function apiObject<K extends string, S extends z.ZodType>(kind: K, spec: S) {
  return z.strictObject({
    apiVersion: z.literal(`${API_GROUP}/${API_VERSION}`),
    kind: z.literal(kind),
    metadata,
    spec,
    status: ignored,
  })
}
