import { describe, expect, it } from '@jest/globals'
import { schedules } from '../../../../operator/compile/schedule.ts'

const at = { timeZone: 'UTC' }
const MON = ['Mon'] as const

describe('the compiled form of a schedule', () => {
  it('is no schedule for a rule without one', () => {
    expect(schedules(undefined)).toEqual([])
  })

  it('has a window for each day, and 24:00, 00:00 and over midnight as minutes of the first day', () => {
    const windows = [
      { days: [...MON], from: '18:00', to: '24:00' },
      { days: ['Tue' as const], from: '18:00', to: '00:00' },
      { days: ['Wed' as const], from: '22:00', to: '06:00' },
    ]
    expect(schedules({ ...at, windows })[0]?.windows).toEqual([
      { day: 'Mon', from: 1080, to: 1440 },
      { day: 'Tue', from: 1080, to: 1440 },
      { day: 'Wed', from: 1320, to: 1800 },
    ])
  })

  it('stands for every day if the windows, or their days, are left out', () => {
    const whole = schedules({ ...at, validFrom: '2026-01-01' })
    expect(whole[0]?.windows).toHaveLength(7)
    expect(schedules({ ...at, validFrom: '2026-01-01', windows: [{ from: '00:00', to: '24:00' }] })).toEqual(whole)
  })

  it('joins windows that touch or overlap, and sorts what was written in another order', () => {
    const written = schedules({
      ...at,
      windows: [
        { days: [...MON], from: '12:00', to: '18:00' },
        { days: [...MON], from: '08:00', to: '10:00' },
        { days: [...MON], from: '10:00', to: '12:30' },
        { days: [...MON], from: '09:00', to: '09:30' },
      ],
      except: [{ yearly: '12-25' }, { date: '2026-12-24' }, { yearly: '12-25' }],
    })
    const plain = schedules({
      ...at,
      windows: [{ days: [...MON], from: '08:00', to: '18:00' }],
      except: [{ range: { from: '2026-12-24', to: '2026-12-24' } }, { yearly: '12-25' }],
    })
    expect(written).toEqual(plain)
    expect(written[0]?.windows).toEqual([{ day: 'Mon', from: 480, to: 1080 }])
  })

  it('keeps a night apart from the next day, because a holiday can take out one of them alone', () => {
    const night = [
      { days: [...MON], from: '22:00', to: '06:00' },
      { days: ['Tue' as const], from: '06:00', to: '12:00' },
    ]
    expect(schedules({ ...at, windows: night })[0]?.windows).toHaveLength(2)
  })
})
