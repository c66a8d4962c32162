import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { metricsDocument } from '../../../../ingress/metrics/generate-docs.ts'
import { METRICS } from '../../../../ingress/metrics/metric-declarations.ts'

const document = readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8')

describe('docs/metrics.md', () => {
  it('is what the declarations say', () => {
    expect(document).toBe(metricsDocument())
  })

  it('documents every metric that is exposed, and no other', () => {
    const documented = [...document.matchAll(/^\| `(sip_dispatch_[a-z_]+)` +\| (?:counter|gauge|histogram) +\|/gm)]
    expect(documented.map(([, name]) => name)).toEqual(Object.values(METRICS).map(({ name }) => name))
  })
})
