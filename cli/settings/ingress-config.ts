import { hostname } from 'node:os'
import { z } from 'zod'
import { readCookieKeys } from '../../ingress/serve/cookie-key-folder.ts'
import type { IngressConfig } from '../../ingress/serve/ingress-config.ts'
import { CACHE_SHAPE, checkCache, IN_ANY_CASE, withCache } from './cache-schema.ts'
import { type Environment, type Flags, frozen, readConfig } from './config.ts'
import { checkEngine, withEngine } from './engine-schema.ts'
import { SERVING_SHAPE } from './serving-schema.ts'
import { objectName, optional, textOf } from './setting-value.ts'
import { INGRESS_SETTINGS } from './settings.ts'

const INGRESS = z
  .object({
    ...CACHE_SHAPE,
    snapshot: optional(z.string().min(1, 'must name a file')),
    pod: optional(objectName),
    // The keys are read here only to report their faults together with all other problems. The serving process reads them
    // again.
    keys: optional(textOf((folder) => readCookieKeys(folder) && folder, 'a folder of usable keys')),
    ...SERVING_SHAPE,
  })
  .superRefine(checkCache, IN_ANY_CASE)
  .superRefine(checkEngine)

/** The configuration of `ingress`, frozen. Throws a `ConfigError` with every problem. */
export function readIngressConfig(
  version: string,
  flags: Flags<typeof INGRESS_SETTINGS>,
  environment?: Environment,
): IngressConfig {
  const values = readConfig(INGRESS, { settings: INGRESS_SETTINGS, flags, environment })
  const { settleSeconds, drainDeadlineSeconds, pod, ...rest } = withEngine(withCache(values))
  return frozen({
    version,
    ...rest,
    // The host name of a pod in Kubernetes is the name of the pod.
    pod: pod ?? hostname().toLowerCase(),
    settleMs: settleSeconds,
    drainDeadlineMs: drainDeadlineSeconds,
  })
}
