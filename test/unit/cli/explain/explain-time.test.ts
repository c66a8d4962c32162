import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { ExplainReport } from '../../../../cli/explain/explain-report.ts'
import { explainedTime, readTime } from '../../../../cli/explain/explain-time.ts'
import { runCommand } from '../../../support/command-line.ts'
import { manifestText, sipTrunk } from '../../../support/manifest-text.ts'

const NOW = Date.parse('2026-12-01T12:00Z')

/** Pages with commands that say when the call comes, and how many of them each has. */
const PAGES = [
  ['docs/schedules.md', 1],
  ['docs/office.md', 3],
] as const

/** What `--at` is taken for, where the schedules are in these zones. */
function taken(text: string, ...timeZones: readonly string[]) {
  return explainedTime(readTime(text), new Set(timeZones), NOW)
}

describe('the time of a call', () => {
  it.each([
    ['in the zone of the schedules', '2026-12-23T17:59:59', '2026-12-23T17:59:59+01:00[Europe/Berlin]'],
    ['with an offset', '2026-12-23T18:00-05:00', '2026-12-24T00:00+01:00[Europe/Berlin]'],
    ['in UTC', '2026-12-23T16:59Z', '2026-12-23T17:59+01:00[Europe/Berlin]'],
    ['in another zone', '2026-12-23T22:30[Asia/Kathmandu]', '2026-12-23T22:30+05:45[Asia/Kathmandu]'],
    ['with both', '2026-12-23T12:00+01:00[Europe/Berlin]', '2026-12-23T12:00+01:00[Europe/Berlin]'],
    ['in the doubled hour', '2026-10-25T02:30+01:00', '2026-10-25T02:30+01:00[Europe/Berlin]'],
  ])('is read %s', (_how, written, text) => {
    const [instant = ''] = text.split('[')
    expect(taken(written, 'Europe/Berlin')).toEqual({ at: Date.parse(instant), text })
  })

  it('is UTC if no rule has a schedule, and now if none is written', () => {
    expect(taken('2026-12-24T10:00').text).toBe('2026-12-24T10:00Z')
    expect(explainedTime(undefined, new Set(), NOW)).toEqual({ at: NOW })
    expect(explainedTime(undefined, new Set(['Europe/Berlin']), NOW).text).toBe('2026-12-01T13:00+01:00[Europe/Berlin]')
    expect(explainedTime(undefined, new Set(['Europe/Berlin', 'UTC']), NOW).text).toBe('2026-12-01T12:00Z')
  })

  it.each(['tomorrow', '', '2026-12-24', '2026-12-24 18:00', '2026-12-24T18', '26-12-24T18:00', '18:00'])(
    'has none of its forms: %p',
    (text) => {
      expect(readTime(text)).toBeUndefined()
    },
  )

  it.each([
    ['2026-02-29T10:00', '2026-02-29 10:00 does not exist'],
    ['2026-12-24T24:00', '2026-12-24 24:00 does not exist'],
    ['2026-12-24T23:59:60', '2026-12-24 23:59:60 does not exist'],
    ['2026-12-24T18:00+25:00', '+25:00 is no offset'],
    ['2026-03-29T02:30', '--at: "2026-03-29T02:30" does not exist in Europe/Berlin: clocks are put forward over it'],
    [
      '2026-10-25T02:30',
      'comes twice in Europe/Berlin, because clocks are put back: write 2026-10-25T02:30+02:00 or 2026-10-25T02:30+01:00',
    ],
    ['2026-12-24T18:00[Berlin]', '--at: "Berlin" is no time zone: did you mean Europe/Berlin?'],
    ['2026-12-24T18:00[]', '--at: "" is no time zone: write a name such as Europe/Berlin or UTC'],
    [
      '2026-12-24T18:00+02:00[Europe/Berlin]',
      'Europe/Berlin has another offset at that time: leave one of the two out',
    ],
  ])('is refused: %s', (text, message) => {
    expect(() => taken(text, 'Europe/Berlin')).toThrow(message)
  })

  it('must say the zone if the schedules are in several', () => {
    expect(() => taken('2026-12-23T10:00', 'Europe/Berlin', 'America/New_York')).toThrow(
      'are in several (America/New_York, Europe/Berlin): write the zone behind it, as in 2026-12-23T10:00[America/New_York]',
    )
  })
})

describe.each(PAGES)('%s', (page, count) => {
  const text = readFileSync(fileURLToPath(new URL(`../../../../${page}`, import.meta.url)), 'utf8')
  const examples = [...text.matchAll(/```console\n\$ sip-dispatch ((?:.*\\\n)*.*)\n([\s\S]*?)```/g)]

  it('shows its examples', () => {
    expect(examples.length).toBe(count)
  })

  it.each(examples.map(([, command = '', output = '']) => [command.replaceAll(/\s*\\\n\s*/g, ' '), output]))(
    'prints what %s prints',
    async (command = '', output = '') => {
      const words = command.replaceAll("'", '').split(' ')
      expect(await runCommand(words)).toEqual({ code: 0, output, errors: '' })
    },
  )
})

describe('explain --at', () => {
  let folder = ''

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-explain-'))
    const windows = [{ days: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri'], from: '08:00', to: '18:00' }]
    const schedule = { timeZone: 'Europe/Berlin', windows, except: [{ date: '2026-12-24' }] }
    const action = { type: 'Reject', reject: { status: 404 } }
    const spec = { match: { schedule }, action }
    const office = { apiVersion: 'sipdispatch.dev/v1alpha1', kind: 'DispatchRule', metadata: { name: 'office' }, spec }
    const acme = sipTrunk('acme', { sources: ['203.0.113.0/24'] })
    writeFileSync(join(folder, 'manifests.json'), manifestText([acme, office]))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  const explain = (...flags: readonly string[]) =>
    runCommand(['explain', '--rules', folder, '--to', '+1555', '--from', '+1', '--source', '203.0.113.7', ...flags])

  it('says why the rule does not hold, when it holds next, and what the caller gets', async () => {
    const { output } = await explain('--at', '2026-12-24T10:00')
    const why =
      'Thu 2026-12-24T10:00+01:00 is on a day of except; it matches next from Fri 2026-12-25T08:00+01:00 (Europe/Berlin)'
    expect(output).toContain('\nat 2026-12-24T10:00+01:00[Europe/Berlin]\n')
    expect(output).toContain(`    default/office  schedule: ${why}\n`)
    expect(output).toContain(`  no_rule: the nearest rule is outside its schedule (default/office): ${why}\n`)
  })

  it('shows the rule that takes the call, and the time in JSON', async () => {
    const { output } = await explain('--at', '2026-12-23T10:00', '--output', 'json')
    const report: ExplainReport = JSON.parse(output)
    expect([report.call.at, report.rule]).toEqual(['2026-12-23T10:00+01:00[Europe/Berlin]', 'default/office'])
  })

  it('refuses what is no time, with the forms that it takes', async () => {
    const { code, errors } = await explain('--at', 'tomorrow')
    expect([code, errors]).toEqual([2, expect.stringContaining('--at: "tomorrow" is not a time as 2026-12-24T18:00')])
  })
})
