import { describe, expect, it } from '@jest/globals'
import { lintFindings } from '../../../../cli/lint/lint-findings.ts'
import { readDispatchRule } from '../../../../crds/schema/dispatch-rule.ts'
import { readSipTrunk } from '../../../../crds/schema/sip-trunk.ts'

const apiVersion = 'sipdispatch.dev/v1alpha1'

function manifests(called: readonly object[], calling: readonly object[] = []) {
  const trunk = readSipTrunk({
    ...{ apiVersion, kind: 'SipTrunk', metadata: { name: 'acme' } },
    spec: { sources: ['203.0.113.0/24'], called },
  })
  const rule = readDispatchRule({
    ...{ apiVersion, kind: 'DispatchRule', metadata: { name: 'sales' } },
    spec: { match: { called, calling }, action: { type: 'Reject', reject: { status: 404 } } },
  })
  if (!trunk.ok || !rule.ok) throw new Error('the schema refuses what a test has written')
  return { trunks: [trunk.object], rules: [rule.object], problems: [] }
}

describe('a number in a manifest', () => {
  it('is warned of where no number of a caller could be read so', () => {
    expect(lintFindings(manifests([{ exact: '911' }, { prefix: '++1900' }], [{ exact: '1%2539' }]))).toMatchObject([
      {
        ...{ severity: 'warning', object: 'SipTrunk default/acme', field: 'spec.called[1].prefix' },
        code: 'unreadable_number',
        message: expect.stringContaining('++1900 is no number: it has a + that does not lead it'),
      },
      { object: 'DispatchRule default/sales', field: 'spec.match.called[1].prefix', code: 'unreadable_number' },
      { object: 'DispatchRule default/sales', field: 'spec.match.calling[0].exact', code: 'unreadable_number' },
    ])
  })

  it('is not remarked on where it is a number, a code or a name', () => {
    const fine = ['+1 (202) 555-0123', '911', 'tel:+1202', '0049', '*21#', 'alice', '+']
    expect(lintFindings(manifests(fine.map((exact) => ({ exact }))))).toEqual([])
  })
})
