import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parseCacheAddress } from '../../../../ingress/cache-connection/cache-address.ts'
import { redactedText } from '../../../../ingress/text/redacted-text.ts'

const SECRET = 'hunter2Secret'

/** Where people put a password, rightly or not. */
const PLACES: readonly string[] = [
  'redis://:SECRET@cache:6379/0',
  'redis://user:SECRET@cache:6379',
  'REDISS://user:SECRET@cache',
  'redis://SECRET@cache',
  'redis://user%3ASECRET@cache',
  'redis://user:SECRET%40cache',
  'redis://user:a/SECRET@cache',
  'redis://user:a?SECRET@cache',
  'redis://user:a#SECRET@cache',
  'redis://user:a@SECRET@cache',
  'redis://user:SECRET',
  'redis://user:SECRET@',
  'redis://cache:6379?password=SECRET',
  'redis://cache/0?db=1&password=SECRET',
  'redis://cache/0?p%61ssword=SECRET',
  'redis://cache/0?password=x@SECRET',
  'redis://cache#SECRET',
  'redis://cache:6379:SECRET/0',
  'redis://[::1:SECRET@cache',
  'redis+sentinel://user:SECRET@one,two/service',
  'redis+cluster://one:6379,two:6379?auth=SECRET',
  'unix:///run/redis.sock?password=SECRET',
  'redis+unix://user:SECRET@/run/redis.sock',
  'unix:/run/redis.sock?password=SECRET',
  '//user:SECRET@cache',
  'user:SECRET@cache:6379',
  'redis:user:SECRET@cache',
  'redis:/user:SECRET@cache',
  'https://user:SECRET@api.example:6443',
  'password=SECRET',
  'token: cannot be used, api_key=SECRET',
]

describe('text that is shown', () => {
  it.each(PLACES)('does not repeat the password of %s', (place) => {
    const text = redactedText(`"${place.replaceAll('SECRET', SECRET)}" is not what it should be`)
    expect(text).not.toContain(SECRET)
    expect(text).toContain('[redacted]')
  })

  it.each(PLACES)('as an address of the cache, %s is refused without a word of it', (place) => {
    const url = place.replaceAll('SECRET', SECRET)
    let message = ''
    try {
      parseCacheAddress(url)
    } catch (error) {
      message = String(error)
    }
    expect(message).not.toContain(SECRET)
  })

  it.each([
    'redis://cache.sip.svc:6380/2 cannot be reached',
    'connect ECONNREFUSED 127.0.0.1:6379',
    '"udp://nowhere" is not udp://HOST:PORT or tcp://HOST:PORT with an IP address as HOST, IPv6 in brackets',
    'sip:+15551234567@10.0.0.5:5060;transport=tcp',
    'redis+sentinel://one:26379,two/service/3',
    'https://10.0.0.1:6443',
    'check user and password file',
  ])('keeps %s', (text) => {
    expect(redactedText(text)).toBe(text)
  })

  it('never shows what stands before an @, behind a ? or behind a #', () => {
    const secret = fc.stringMatching(/^[a-zA-Z0-9:/?#@%!$&*+.-]{0,12}Zz9[a-zA-Z0-9:/?#@%!$&*+.-]{0,12}$/)
    const form = fc.constantFrom(
      (text: string) => `redis://user:${text}@cache:6379/0`,
      (text: string) => `rediss://:${text}@cache`,
      (text: string) => `redis://cache:6379/0?password=${text}`,
      (text: string) => `redis+cluster://a,b#${text}`,
    )
    fc.assert(
      fc.property(secret, form, (text, make) => {
        expect(redactedText(`error: ${make(text)} failed`)).not.toContain('Zz9')
      }),
    )
  })
})
