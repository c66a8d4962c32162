import { describe, expect, it } from '@jest/globals'
import { cacheError } from '../../../../ingress/cache-connection/cache-error.ts'

describe('errors of the shared cache', () => {
  it.each([
    ['WRONGPASS invalid username-password pair or user is disabled.', 'cache-credentials'],
    ['NOAUTH Authentication required.', 'cache-credentials'],
    ["NOPERM this user has no permissions to run the 'get' command", 'cache-permission'],
    ["READONLY You can't write against a read only replica.", 'cache-read-only'],
    ["READONLY You can't write against a read only replica. script: 1, on @user_script:1.", 'cache-read-only'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'cache-full'],
    ['MISCONF Redis is configured to save RDB snapshots', 'cache-full'],
    ['LOADING Redis is loading the dataset in memory', 'cache-busy'],
    ['CLUSTERDOWN The cluster is down', 'cache-busy'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'cache-foreign'],
    ["ERR unknown command 'XREAD'", 'cache-failed'],
    ['connect ECONNREFUSED 127.0.0.1:6379', 'cache-unreachable'],
    ['Socket closed unexpectedly', 'cache-unreachable'],
    ['no answer within 5000 ms', 'cache-unreachable'],
  ])('%s is told as %s', (text, code) => {
    const error = cacheError(new Error(text))
    expect(error.code).toBe(code)
    expect(error.message).toContain(text)
  })

  it('name what each of several addresses said', () => {
    const error = cacheError(new AggregateError([new Error('first'), new Error('second')]))
    expect(error.message).toContain('first, second')
  })
})
