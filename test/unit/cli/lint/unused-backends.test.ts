import { describe, expect, it } from '@jest/globals'
import { unusedBackendFindings } from '../../../../cli/lint/unused-backends.ts'
import { readDispatchRule } from '../../../../crds/schema/dispatch-rule.ts'

function ruleWith(action: object) {
  const apiVersion = 'sipdispatch.dev/v1alpha1'
  const reading = readDispatchRule({ apiVersion, kind: 'DispatchRule', metadata: { name: 'sales' }, spec: { action } })
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults))
  return reading.object
}

const routeWith = (...weights: number[]) => {
  const backends = weights.map((weight, i) => ({ uri: `sip:10.0.0.${i + 1}`, weight }))
  return ruleWith({ type: 'Route', route: { backends } })
}

describe('a rule', () => {
  it.each([[[0]], [[0, 0]]])(
    'whose backends have the weights %j is warned of, since it refuses each call',
    (weights) => {
      const [finding, ...others] = unusedBackendFindings([routeWith(...weights)])
      expect(finding).toMatchObject({
        severity: 'warning',
        object: 'DispatchRule default/sales',
        field: 'spec.action.route.backends',
        code: 'no_backend_takes_calls',
      })
      expect(others).toEqual([])
    },
  )

  it('with one backend that takes calls, or without any, is not', () => {
    const reject = ruleWith({ type: 'Reject', reject: { status: 404 } })
    expect(unusedBackendFindings([routeWith(0, 1), routeWith(1), reject])).toEqual([])
  })
})
