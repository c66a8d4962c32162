import { describe, expect, it } from '@jest/globals'
import { createTimeZone } from '../../../../ingress/time/time-zone.ts'

const HOUR = 3_600_000
const at = (text: string): number => Date.parse(text)

describe('a time zone', () => {
  it.each([
    ['Europe/Berlin', '2026-03-29T01:00Z', 1, 2],
    ['Europe/Berlin', '2026-10-25T01:00Z', 2, 1],
    ['America/New_York', '2026-03-08T07:00Z', -5, -4],
    ['Australia/Lord_Howe', '2026-10-03T15:30Z', 10.5, 11],
    ['Pacific/Apia', '2011-12-30T10:00Z', -10, 14],
    ['America/Sao_Paulo', '2018-11-04T03:00Z', -3, -2],
    ['Asia/Pyongyang', '2018-05-04T15:00Z', 8.5, 9],
  ])('%s changes its offset at %s, from %d to %d hours', (name, time, before, after) => {
    const zone = createTimeZone(name)
    const change = at(time)
    expect(zone.spanAt(change - 1)).toEqual({ offset: before * HOUR, until: change })
    expect(zone.spanAt(change).offset).toBe(after * HOUR)
    expect(zone.spanAt(change).until).toBeGreaterThan(change)
  })

  it.each([
    ['UTC', 0],
    ['Asia/Kathmandu', 5.75],
    ['Asia/Calcutta', 5.5],
    ['Etc/GMT+5', -5],
    ['europe/berlin', 1],
  ])('%s is %d hours ahead of UTC in winter', (name, hours) => {
    expect(createTimeZone(name).spanAt(at('2026-12-24T18:00Z')).offset).toBe(hours * HOUR)
  })

  it('has the seconds of an old law, and years before 1970', () => {
    expect(createTimeZone('Africa/Monrovia').spanAt(at('1970-06-01T00:00Z')).offset).toBe(-(44 * 60 + 30) * 1000)
    expect(createTimeZone('Europe/Berlin').spanAt(at('1960-06-01T00:00Z')).offset).toBe(HOUR)
  })

  it('says the same of days that it has forgotten and of those that share their place', () => {
    const zone = createTimeZone('Europe/Berlin')
    const hours = Array.from({ length: 12 * 30 }, (_, i) => at('2026-01-01T00:00Z') + i * 24 * HOUR)
    const offsets = () => hours.map((time) => zone.spanAt(time).offset)
    const fresh = hours.map((time) => createTimeZone('Europe/Berlin').spanAt(time).offset)
    expect([offsets(), offsets().reverse()]).toEqual([fresh, fresh.toReversed()])
  })

  it.each(['Mars/Base', '', 'Europe/Berln'])('%p is none', (name) => {
    expect(() => createTimeZone(name)).toThrow(RangeError)
  })
})
