import { describe, expect, it } from '@jest/globals'
import { nearestName } from '../../../../crds/schema/nearest-name.ts'

describe('the name that was probably meant', () => {
  const known = ['called', 'calling', 'headers']

  it.each([
    ['caled', 'called'],
    ['Called', 'called'],
    ['callling', 'calling'],
    ['header', 'headers'],
    ['haeders', 'headers'],
  ])('by %s is %s', (written, meant) => {
    expect(nearestName(written, known)).toBe(meant)
  })

  it.each(['', 'schedule', 'cal', 'x'])('by %j is none', (written) => {
    expect(nearestName(written, known)).toBeUndefined()
  })
})
