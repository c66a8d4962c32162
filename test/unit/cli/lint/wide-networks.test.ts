import { describe, expect, it } from '@jest/globals'
import { wideNetworkFindings } from '../../../../cli/lint/wide-networks.ts'
import { readDispatchRule } from '../../../../crds/schema/dispatch-rule.ts'
import { readSipTrunk } from '../../../../crds/schema/sip-trunk.ts'

const apiVersion = 'sipdispatch.dev/v1alpha1'

function trunkWith(spec: { sources: string[]; trustedProxies?: string[] }) {
  const reading = readSipTrunk({ apiVersion, kind: 'SipTrunk', metadata: { name: 'acme' }, spec })
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults))
  return reading.object
}

function ruleWith(contactNetworks: string[]) {
  const route = { backends: [{ uri: 'sip:10.0.0.5' }], contactNetworks }
  const spec = { action: { type: 'Route', route } }
  const reading = readDispatchRule({ apiVersion, kind: 'DispatchRule', metadata: { name: 'sales' }, spec })
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults))
  return reading.object
}

const codes = (sources: string[]) => wideNetworkFindings([trunkWith({ sources })], []).map(({ code }) => code)

describe('a source list', () => {
  it.each(['0.0.0.0/0', '::/0', '0.0.0.0/1', '128.0.0.0/4', '2000::/3'])('with %s admits everyone', (network) => {
    expect(codes([network])).toEqual(['admits_everyone'])
  })

  it.each(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '192.168.0.0/15', '100.64.0.0/10', 'fc00::/7', 'fd00::/8'])(
    'with %s admits a whole private range',
    (network) => {
      expect(codes([network])).toEqual(['admits_private_range'])
    },
  )

  it.each([
    '203.0.113.0/24',
    '10.0.0.0/9',
    '10.1.2.3',
    '192.168.1.0/24',
    '2001:db8::/32',
    'fd12:3456::/32',
    '11.0.0.0/8',
  ])('with %s is not remarked on', (network) => {
    expect(codes([network])).toEqual([])
  })

  it('is a warning that names the object, the entry and what to write instead', () => {
    const trunk = trunkWith({ sources: ['203.0.113.0/24', '0.0.0.0/0'], trustedProxies: ['10.0.0.0/8'] })
    expect(wideNetworkFindings([trunk], [])).toEqual([
      {
        severity: 'warning',
        object: 'SipTrunk default/acme',
        field: 'spec.sources[1]',
        code: 'admits_everyone',
        message: "0.0.0.0/0 admits everyone, or nearly so: list the carrier's own addresses",
      },
      expect.objectContaining({ field: 'spec.trustedProxies[0]', code: 'admits_private_range' }),
    ])
  })
})

describe('the contact networks of a rule', () => {
  it('may be a private range, where backends move calls, and not everywhere', () => {
    expect(wideNetworkFindings([], [ruleWith(['10.0.0.0/8', '::/0'])])).toMatchObject([
      { object: 'DispatchRule default/sales', field: 'spec.action.route.contactNetworks[1]', code: 'admits_everyone' },
    ])
  })
})
