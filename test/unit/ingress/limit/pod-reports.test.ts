import { describe, expect, it } from '@jest/globals'
import { UNCHANGED_READINGS } from '../../../../ingress/limit/limits.ts'
import { createPodReports, writeReport } from '../../../../ingress/limit/pod-reports.ts'

const USE = new Map([['trunk/team/acme', { demand: 12.5, active: 3 }]])

describe('the reports of pods', () => {
  it('come back as they were written, in the order of the names', () => {
    const texts = new Map([
      ['b', writeReport(1, USE)],
      ['a', writeReport(9, new Map())],
    ])
    expect(createPodReports('b').read(texts)).toEqual({ reports: [new Map(), USE], own: 1, gone: [] })
  })

  it.each([
    '',
    'no JSON',
    'null',
    '[]',
    '{"n":1}',
    '{"u":null}',
    '{"u":{"trunk/team/acme":[1]}}',
    '{"u":{"trunk/team/acme":[-1,0]}}',
    '{"u":{"trunk/team/acme":[1e300,0]}}',
    '{"u":{"trunk/team/acme":["1",2]}}',
    `{"u":{"trunk/team/acme":[1,2]},"x":"${'x'.repeat(500_000)}"}`,
  ])('that say nothing usable (%#) are of a pod without use', (text) => {
    expect(createPodReports('a').read(new Map([['b', text]])).reports).toEqual([new Map(), new Map()])
  })

  it('that no longer change are of a pod that is gone, and never our own', () => {
    const pods = createPodReports('own')
    const texts = (other: number) =>
      new Map([
        ['other', writeReport(other, USE)],
        ['own', writeReport(1, USE)],
      ])
    for (let i = 0; i < UNCHANGED_READINGS; i++) expect(pods.read(texts(1)).gone).toEqual([])
    expect(pods.read(texts(1))).toEqual({ reports: [USE], own: 0, gone: ['other'] })
    expect(pods.read(texts(2)).reports).toHaveLength(2)
  })

  it('count our own pod also if the cache has lost its report', () => {
    expect(createPodReports('own').read(new Map())).toEqual({ reports: [new Map()], own: 0, gone: [] })
  })
})
