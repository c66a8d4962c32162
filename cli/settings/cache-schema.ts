/** The settings of the shared rules cache: a part of the schemas of `operator` and `ingress`. */
import { z } from 'zod'
import {
  type CacheAddress,
  CacheAddressError,
  parseCacheAddress,
} from '../../ingress/cache-connection/cache-address.ts'
import { cacheKeys } from '../../ingress/route-table/cache-keys.ts'
import { isFile, one, optional, textOf } from './setting-value.ts'

/** The URL of the cache. A message about a fault does not repeat the URL, because it may contain a password. */
const cacheUrl = z.string().transform((text, context): CacheAddress => {
  try {
    return parseCacheAddress(text)
  } catch (error) {
    if (!(error instanceof CacheAddressError)) throw error
    context.addIssue({ code: 'custom', message: error.message })
    return z.NEVER
  }
})

const file = textOf((path) => (isFile(path) ? path : undefined), 'a file that can be read')

export const CACHE_SHAPE = {
  cache: one(cacheUrl),
  cachePasswordFile: optional(file),
  cacheSentinelPasswordFile: optional(file),
  cacheCaFile: optional(file),
  cacheCertFile: optional(file),
  cacheKeyFile: optional(file),
  cachePrefix: one(textOf((text) => cacheKeys(text) && text, 'a prefix of keys')),
}

type CacheValues = z.infer<z.ZodObject<typeof CACHE_SHAPE>>

/**
 * Checks that certificate and key are given together. A file that cannot be read counts as given, because its own problem
 * is reported already.
 */
function checkCertificate(values: CacheValues, context: z.RefinementCtx<CacheValues>): void {
  const isGiven = (name: 'cacheCertFile' | 'cacheKeyFile'): boolean =>
    values[name] !== undefined || context.issues.some(({ path }) => path?.[0] === name)
  if (isGiven('cacheCertFile') === isGiven('cacheKeyFile')) return
  const message = 'must be given together with --cache-key-file'
  context.addIssue({ code: 'custom', path: ['cacheCertFile'], message })
}

/** Checks the settings together. A password that is never used is reported, because the user expects that it is used. */
export function checkCache(values: CacheValues, context: z.RefinementCtx<CacheValues>): void {
  checkCertificate(values, context)
  if (values.cacheSentinelPasswordFile === undefined || values.cache?.kind === undefined) return
  if (values.cache.kind === 'sentinel') return
  const message = 'has no use without redis+sentinel:// as --cache'
  context.addIssue({ code: 'custom', path: ['cacheSentinelPasswordFile'], message })
}

/** With this option, a check runs even if other values are invalid. So every problem is reported at once. */
export const IN_ANY_CASE = { when: () => true }

/** Moves the values of the cache into one object, which `operator` and `ingress` take. */
export function withCache<V extends CacheValues>(values: V) {
  const { cache, cachePasswordFile, cacheSentinelPasswordFile, cacheCaFile, ...others } = values
  const { cacheCertFile, cacheKeyFile, cachePrefix, ...rest } = others
  const proven = cacheCertFile !== undefined && cacheKeyFile !== undefined
  const client = proven ? { client: { certificateFile: cacheCertFile, keyFile: cacheKeyFile } } : {}
  const passwords = { passwordFile: cachePasswordFile, sentinelPasswordFile: cacheSentinelPasswordFile }
  const files = { ...passwords, caFile: cacheCaFile, ...client }
  return { ...rest, cache: { address: cache, prefix: cachePrefix, ...files } }
}
