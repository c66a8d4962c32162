/** Reads replies of RESP2 as the type that is expected. Both functions throw `CacheContentError`, which names the part of the cache. */
import { CacheContentError } from '../route-table/cache-content-error.ts'

export function replyText(key: string, reply: unknown): string {
  if (typeof reply === 'string') return reply
  throw new CacheContentError({ key, field: '', expected: 'a text as reply' })
}

export function replyList(key: string, reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply
  throw new CacheContentError({ key, field: '', expected: 'a list as reply' })
}
