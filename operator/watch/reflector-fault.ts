import { errorText } from '../../ingress/text/error-text.ts'
import { ApiError, type ApiErrorCode } from '../api/api-error.ts'
import { type ApiResource, resourceName } from '../api/api-resource.ts'
import type { ReflectorInput } from './reflector-table.ts'

/** Why a collection cannot be watched at the moment. The reflector goes on trying. */
export interface ReflectorFault {
  /** The code is stable: `watch_forbidden`, `resource_not_served`, `object_unreadable`, or the code of an ApiError. */
  readonly code: ReflectorFaultCode
  /** Says what is wrong and how to repair it. */
  readonly message: string
}

export type ReflectorFaultCode = ApiErrorCode | 'watch_forbidden' | 'resource_not_served' | 'object_unreadable'

/** The input of the state machine for an error of a list or of a watch. */
export function faultInput(error: unknown): ReflectorInput {
  if (!(error instanceof ApiError)) return 'failed'
  if (error.code === 'api_expired') return 'expired'
  return REFUSALS.has(error.code) ? 'refused' : 'failed'
}

const REFUSALS: ReadonlySet<ApiErrorCode> = new Set(['api_forbidden', 'api_not_found', 'api_invalid'])

/** The fault to report for an error of a list or of a watch. */
export function reflectorFault(resource: ApiResource, error: unknown): ReflectorFault {
  const name = resourceName(resource)
  if (!(error instanceof ApiError)) {
    const reason = errorText(error)
    return { code: 'object_unreadable', message: `${name}: an object cannot be read: ${reason}; report it as a defect` }
  }
  if (error.code === 'api_forbidden') {
    return {
      code: 'watch_forbidden',
      message: `${name} may not be watched; ${grant(resource, error)} (${error.message})`,
    }
  }
  if (error.code === 'api_not_found') {
    const remedy = resource.group.includes('.k8s.io')
      ? `use a Kubernetes that has ${resource.group}/${resource.version}`
      : `install the CustomResourceDefinitions of this release (kubectl get crd ${resource.plural}.${resource.group})`
    return { code: 'resource_not_served', message: `the API server does not serve ${name}; ${remedy}` }
  }
  return { code: error.code, message: `${name}: ${error.message}` }
}

/**
 * Says how to permit a watch that was forbidden. The API server's message contains the name under which the API server knows
 * the operator.
 */
function grant({ plural }: ApiResource, { message }: ApiError): string {
  const [, user = 'system:serviceaccount:'] = /User "([^"]*)"/.exec(message) ?? []
  if (user === 'system:anonymous') return 'no credentials reached the API server: look at the user of the kubeconfig'
  const whom = user.startsWith('system:serviceaccount:') ? "the operator's ServiceAccount" : `the user ${user}`
  return `grant get, list and watch on ${plural} to ${whom}`
}
