import { describe, expect, it } from '@jest/globals'
import { resourceName, resourcePath } from '../../../../operator/api/api-resource.ts'

const SERVICES = { group: '', version: 'v1', plural: 'services' }
const TRUNKS = { group: 'sipdispatch.dev', version: 'v1alpha1', plural: 'siptrunks' }

describe('the path of a resource', () => {
  it.each([
    [SERVICES, undefined, '/api/v1/services'],
    [TRUNKS, undefined, '/apis/sipdispatch.dev/v1alpha1/siptrunks'],
    [{ ...SERVICES, namespace: 'team-a' }, undefined, '/api/v1/namespaces/team-a/services'],
    [
      { ...TRUNKS, namespace: 'team-a' },
      { name: 'acme', subresource: 'status' as const },
      '/apis/sipdispatch.dev/v1alpha1/namespaces/team-a/siptrunks/acme/status',
    ],
    [{ ...SERVICES, namespace: 'team-a' }, { name: 'a/b?c' }, '/api/v1/namespaces/team-a/services/a%2Fb%3Fc'],
  ])('%j %j is %s', (resource, object, path) => {
    expect(resourcePath(resource, object)).toBe(path)
  })

  it('has a name for people', () => {
    expect(resourceName(SERVICES)).toBe('services/v1')
    expect(resourceName({ ...TRUNKS, namespace: 'team-a' })).toBe(
      'siptrunks.sipdispatch.dev/v1alpha1 in namespace team-a',
    )
  })
})
