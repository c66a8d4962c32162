import { describe, expect, it } from '@jest/globals'
import { watchedEndpointSlice, watchedService } from '../../../../operator/watch/watched-service.ts'
import { namedObject } from '../../../support/scripted-api.ts'

describe('a Service of the API server', () => {
  it('is kept with its ports and nothing else', () => {
    const ports = [{ name: 'sip', port: 5060, protocol: 'UDP', targetPort: 'x', nodePort: 30000 }, { port: 5061 }]
    expect(
      watchedService(namedObject('fs', '5', { spec: { type: 'NodePort', ports, selector: {} }, status: {} })),
    ).toEqual({
      ...{ namespace: 'team-a', name: 'fs', type: 'NodePort' },
      ports: [
        { name: 'sip', port: 5060, protocol: 'UDP' },
        { name: undefined, port: 5061, protocol: 'TCP' },
      ],
    })
  })

  it('without a type is a ClusterIP, and may have no ports', () => {
    expect(watchedService(namedObject('fs', '5', { spec: {} }))).toMatchObject({ type: 'ClusterIP', ports: [] })
  })
})

describe('an EndpointSlice of the API server', () => {
  const labels = { 'kubernetes.io/service-name': 'fs' }

  function slice(rest: object) {
    const { metadata } = namedObject('fs-1', '5')
    return watchedEndpointSlice({ metadata: { ...metadata, labels }, addressType: 'IPv4', ...rest })
  }

  it('belongs to the Service that its label names', () => {
    expect(
      slice({
        ports: [
          { name: 'sip', port: 5060, protocol: 'UDP' },
          { name: 'any', port: null },
        ],
      }),
    ).toEqual({
      ...{ namespace: 'team-a', name: 'fs-1', service: 'fs', addressType: 'IPv4', endpoints: [] },
      ports: [
        { name: 'sip', port: 5060, protocol: 'UDP' },
        { name: 'any', port: undefined, protocol: 'TCP' },
      ],
    })
    expect(watchedEndpointSlice(namedObject('alone', '5', { addressType: 'FQDN' }))).toMatchObject({
      service: '',
      addressType: 'FQDN',
    })
  })

  it.each([
    [undefined, { ready: true, serving: true, terminating: false }],
    [
      { ready: null, serving: null, terminating: null },
      { ready: true, serving: true, terminating: false },
    ],
    [{ ready: false }, { ready: false, serving: false, terminating: false }],
    [
      { ready: false, serving: true, terminating: true },
      { ready: false, serving: true, terminating: true },
    ],
    [
      { ready: true, serving: false },
      { ready: true, serving: false, terminating: false },
    ],
  ])('reads the conditions %j as Kubernetes defines them', (conditions, expected) => {
    const endpoints = [{ addresses: ['10.0.0.1'], conditions, targetRef: {} }]
    expect(slice({ endpoints }).endpoints).toEqual([{ addresses: ['10.0.0.1'], ...expected }])
  })
})
