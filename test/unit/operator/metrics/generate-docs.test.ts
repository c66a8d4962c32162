import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { operatorMetricsDocument } from '../../../../operator/metrics/generate-docs.ts'
import { METRICS } from '../../../../operator/metrics/metric-declarations.ts'

const document = readFileSync(new URL('../../../../docs/operator-metrics.md', import.meta.url), 'utf8')

describe('docs/operator-metrics.md', () => {
  it('is what the declarations say', () => {
    expect(document).toBe(operatorMetricsDocument())
  })

  it('documents every metric that is exposed, and no other', () => {
    const documented = [...document.matchAll(/^## ([a-z_]+)$/gm)].map(([, name]) => name)
    expect(documented).toEqual(Object.values(METRICS).map(({ name }) => name))
  })
})
