import { type CacheConnectionOptions, createCacheConnection } from '../cache-connection/cache-connection.ts'
import { replyList, replyText } from '../cache-connection/cached-table.ts'
import { cacheKeys } from '../route-table/cache-keys.ts'
import type { HungUpMessages, LimitCache } from './limit-cache.ts'
import { HEARD_AT_ONCE, KEPT_MESSAGES, MESSAGES_EXPIRY_MS, USES_EXPIRY_MS } from './limits.ts'

/** A key has 52 bits: eleven digits in base 36. */
const RADIX = 36

/** Exchanges reports in Redis or Valkey, beside the table of the same prefix. Throws a RangeError for an invalid prefix. */
export function createRedisLimitCache(prefix: string, options: CacheConnectionOptions): LimitCache {
  const { uses, hungUp } = cacheKeys(prefix)
  const connection = createCacheConnection({ ...options, name: `${options.name}-limits` })
  // A command that waits for messages blocks its connection.
  const hearing = createCacheConnection({ ...options, name: `${options.name}-hung-up` })
  return {
    async exchange(pod, report) {
      await connection.send(uses, ['HSET', uses, pod, report])
      await connection.send(uses, ['PEXPIRE', uses, String(USES_EXPIRY_MS)])
      return pairsOf(await connection.send(uses, ['HGETALL', uses]))
    },
    async forget(pods) {
      if (pods.length > 0) await connection.send(uses, ['HDEL', uses, ...pods])
    },
    async tell(keys) {
      const text = keys.map((key) => key.toString(RADIX)).join(' ')
      const place = await connection.send(hungUp, [
        ...['XADD', hungUp, 'MAXLEN', '~', String(KEPT_MESSAGES), '*', 'calls', text],
      ])
      await connection.send(hungUp, ['PEXPIRE', hungUp, String(MESSAGES_EXPIRY_MS)])
      return replyText('hungup', place)
    },
    async hear(after, waitMs) {
      const block = ['XREAD', 'COUNT', String(HEARD_AT_ONCE), 'BLOCK', String(waitMs), 'STREAMS', hungUp, after]
      return messagesOf(await hearing.send(hungUp, block, { waitMs }), after)
    },
    close() {
      connection.close()
      hearing.close()
    },
  }
}

function pairsOf(reply: unknown): ReadonlyMap<string, string> {
  const texts = replyList('uses', reply)
  const pairs = new Map<string, string>()
  for (let i = 0; i + 1 < texts.length; i += 2) pairs.set(replyText('uses', texts[i]), replyText('uses', texts[i + 1]))
  return pairs
}

/** A message has one field, `calls`. Other fields are ignored, so that a later version may add some. */
function messagesOf(reply: unknown, before: string): HungUpMessages {
  if (reply === null) return { after: before, keys: [] }
  const [stream] = replyList('hungup', reply)
  const keys: number[] = []
  let after = before
  for (const message of replyList('hungup', replyList('hungup', stream)[1])) {
    const [place, fields] = replyList('hungup', message)
    after = replyText('hungup', place)
    const texts = replyList('hungup', fields)
    const calls = replyText('hungup', texts[texts.indexOf('calls') + 1] ?? '')
    for (const key of calls.split(' ')) if (/^[0-9a-z]{1,11}$/.test(key)) keys.push(Number.parseInt(key, RADIX))
  }
  return { after, keys }
}
