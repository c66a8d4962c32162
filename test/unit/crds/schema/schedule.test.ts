import { describe, expect, it } from '@jest/globals'
import { readDispatchRule } from '../../../../crds/schema/dispatch-rule.ts'
import { MAX_EXCEPTIONS, MAX_WINDOWS } from '../../../../crds/schema/limits.ts'
import { faultsOf, withField } from '../../../support/faulty-object.ts'

const good = {
  apiVersion: 'sipdispatch.dev/v1alpha1',
  kind: 'DispatchRule',
  metadata: { name: 'office' },
  spec: {
    match: { schedule: { timeZone: 'Europe/Berlin', windows: [{ days: ['Mon'], from: '08:00', to: '18:00' }] } },
    action: { type: 'Reject', reject: { status: 404 } },
  },
}
const AT = 'spec.match.schedule'

/** What is wrong with the good rule once one field of its schedule is another. */
const faultsWith = (field: string, value: unknown) =>
  faultsOf(readDispatchRule(withField(good, field === '' ? AT : `${AT}.${field}`, value)))

const window = (from: unknown, to: unknown, days: unknown = ['Mon']) => [{ days, from, to }]

describe('a schedule', () => {
  it.each<[string, unknown]>([
    ['timeZone', 'UTC'],
    ['timeZone', 'Etc/GMT+5'],
    ['timeZone', 'America/Argentina/Ushuaia'],
    ['timeZone', 'Asia/Calcutta'],
    ['windows', [{ from: '22:00', to: '06:00' }]],
    ['windows', window('00:00', '24:00')],
    ['windows', window('18:00', '00:00')],
    ['windows', [...window('08:00', '12:00'), ...window('11:00', '18:00')]],
    ['except', [{ date: '2028-02-29' }, { yearly: '02-29' }, { range: { from: '2026-12-24', to: '2026-12-24' } }]],
    ['', { timeZone: 'UTC', validUntil: '2026-12-31' }],
    ['', { timeZone: 'UTC', validFrom: '2026-12-31', validUntil: '2026-12-31' }],
  ])('may have as %p: %j', (field, value) => {
    expect(faultsWith(field, value)).toEqual([])
  })

  it.each<[string, unknown, string]>([
    ['', { windows: window('08:00', '18:00') }, `${AT}.timeZone: is required (expected string)`],
    ['', { timeZone: 'UTC' }, `${AT}: says no time: write windows, except, validFrom or validUntil`],
    [
      'timeZone',
      'Europe/Berln',
      `${AT}.timeZone: Europe/Berln is no time zone of the IANA database: did you mean Europe/Berlin?`,
    ],
    ['timeZone', 'Berlin', `${AT}.timeZone: Berlin is no time zone of the IANA database: did you mean Europe/Berlin?`],
    ['timeZone', 'Mars/Base', `${AT}.timeZone: Mars/Base is no time zone of the IANA database: write a name such as`],
    ['timeZone', '+01:00', `${AT}.timeZone: is no time zone of the IANA database, such as Europe/Berlin or UTC`],
    ['timeZone', 'x'.repeat(65), `${AT}.timeZone: `],
    ['windows', [], `${AT}.windows: `],
    ['windows', Array.from({ length: MAX_WINDOWS + 1 }, () => ({ from: '08:00', to: '18:00' })), `${AT}.windows: `],
    [
      'windows',
      window('18:00', '18:00'),
      `${AT}.windows.0.to: from and to are both 18:00, and the window would have no minute: write from: "00:00" and to: "24:00" for a whole day`,
    ],
    ['windows', window('24:00', '06:00'), `${AT}.windows.0.from: is not a time of the day`],
    ['windows', window('08:00', '24:01'), `${AT}.windows.0.to: is not a time of the day`],
    [
      'windows',
      window('8:00', '18:00'),
      `${AT}.windows.0.from: is not a time of the day, written in quotes with hour and minute`,
    ],
    ['windows', window('08:60', '18:00'), `${AT}.windows.0.from: is not a time of the day`],
    ['windows', window(480, '18:00'), `${AT}.windows.0.from: is the number 480 (expected string, in quotes)`],
    ['windows', window('08:00', undefined), `${AT}.windows.0.to: is required`],
    [
      'windows',
      window('08:00', '18:00', ['Monday']),
      `${AT}.windows.0.days.0: is the string "Monday" (expected Mon | Tue`,
    ],
    ['windows', window('08:00', '18:00', ['Mon', 'Mon']), `${AT}.windows.0.days.1: Mon is in the list twice`],
    ['windows', window('08:00', '18:00', []), `${AT}.windows.0.days: `],
    ['windows', window('08:00', '18:00', 'Mon-Fri'), `${AT}.windows.0.days: is the string "Mon-Fri"`],
    ['except', ['2026-12-24'], `${AT}.except.0: is the string "2026-12-24" (expected map)`],
    ['except', [{ date: '2026-12-24', yearly: '12-24' }], `${AT}.except.0: write exactly one of date, range, yearly`],
    ['except', [{ date: '2027-02-29' }], `${AT}.except.0.date: 2027-02-29 does not exist: 2027 is no leap year`],
    ['except', [{ date: '2026-04-31' }], `${AT}.except.0.date: is not a date from 2000-01-01 to 2099-12-31`],
    ['except', [{ date: '24.12.2026' }], `${AT}.except.0.date: `],
    ['except', [{ date: '1999-12-24' }], `${AT}.except.0.date: is not a date from 2000-01-01 to 2099-12-31`],
    ['except', [{ yearly: '02-30' }], `${AT}.except.0.yearly: is not a day of every year`],
    ['except', [{ yearly: '2026-12-25' }], `${AT}.except.0.yearly: `],
    [
      'except',
      [{ range: { from: '2026-12-31', to: '2026-12-24' } }],
      `${AT}.except.0.range.to: 2026-12-24 is before 2026-12-31: write the earlier date in from`,
    ],
    ['except', [{ range: { from: '2026-12-31' } }], `${AT}.except.0.range.to: is required`],
    ['except', Array.from({ length: MAX_EXCEPTIONS + 1 }, () => ({ yearly: '12-24' })), `${AT}.except: `],
    ['validFrom', '2026-12-24T00:00:00Z', `${AT}.validFrom: `],
    [
      '',
      { timeZone: 'UTC', validFrom: '2027-01-01', validUntil: '2026-01-01' },
      `${AT}.validUntil: 2026-01-01 is before validFrom (2027-01-01): the rule would never take a call`,
    ],
    ['', { timezone: 'UTC', windows: window('08:00', '18:00') }, `${AT}.timezone: unknown field (expected timeZone)`],
  ])('must not have as %p: %j', (field, value, fault) => {
    const faults = faultsWith(field, value)
    expect(faults[0]).toContain(fault)
    expect(faults.filter((text) => !text.startsWith(AT))).toEqual([])
  })
})
