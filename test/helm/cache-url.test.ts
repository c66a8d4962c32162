import { describe, expect, it } from '@jest/globals'
import { chartValues } from '../../helm/values-schema.ts'
import { CacheAddressError, parseCacheAddress } from '../../ingress/cache-connection/cache-address.ts'

const CHART_URL = chartValues.shape.cache.shape.url

function programTakes(url: string): boolean {
  try {
    parseCacheAddress(url)
    return true
  } catch (error) {
    if (error instanceof CacheAddressError) return false
    throw error
  }
}

describe('the URL of the cache', () => {
  it.each([
    'redis://cache',
    'redis://cache:6379/1',
    'rediss://rules@cache.example.com:6380',
    'redis://[2001:db8::9]:6379',
    'redis+sentinel://s1,s2:26380,[2001:db8::9]:26379/mymaster',
    'rediss+sentinel://rules@s1,s2/my-master.1/3',
    'redis+cluster://n1,n2:7000',
    'rediss+cluster://rules@n1:7000/0',
  ])('%s is taken by the chart and by the program', (url) => {
    expect([CHART_URL.safeParse(url).success, programTakes(url)]).toEqual([true, true])
  })

  it.each([
    'redis://me:secret@cache',
    'redis+sentinel://me:secret@s1/mymaster',
    'redis+cluster://:secret@n1',
    'redis://one,two',
    'redis+sentinel://s1,s2',
    'redis+sentinel://s1/my master',
    'redis+cluster://n1/1',
    'redis://cache/first',
    'redis://2001:db8::9:6379',
    'http://cache',
    'redis+sentinels://s1/mymaster',
    'redis://cache,',
  ])('%s is refused by both', (url) => {
    expect([CHART_URL.safeParse(url).success, programTakes(url)]).toEqual([false, false])
  })
})
