import { describe, expect, it } from '@jest/globals'
import { isRecentServer } from '../../../../../ingress/sip/drachtio/server-version.ts'

describe('a version', () => {
  it.each(['v0.8.2', '0.8.2', 'v0.8.10', 'v0.9.0', 'v0.10.1', 'v1.0.0', 'v0.9.10-rc1', 'v0.9.10.2'])(
    '%s is new enough',
    (version) => {
      expect(isRecentServer(version)).toBe(true)
    },
  )

  it.each(['v0.8.1', 'v0.7.99', 'v0.0.0', '', 'main', 'v0.9', '0.9.x', 'release v0.9.10'])('%j is not', (version) => {
    expect(isRecentServer(version)).toBe(false)
  })
})
