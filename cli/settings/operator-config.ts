import { z } from 'zod'
import type { OperatorConfig } from '../../operator/operator-config.ts'
import { CACHE_SHAPE, checkCache, IN_ANY_CASE, withCache } from './cache-schema.ts'
import { type Environment, type Flags, frozen, readConfig } from './config.ts'
import { resolver } from './nameservers.ts'
import { OPERATOR_SETTINGS } from './operator-settings.ts'
import { httpAddress } from './serving-schema.ts'
import { installation, isFile, logLevel, objectName, one, optional, textOf, toggle } from './setting-value.ts'

const OPERATOR = z
  .object({
    kubeconfig: optional(textOf((path) => (isFile(path) ? path : undefined), 'a file that can be read')),
    context: optional(z.string().min(1, 'must name a context')),
    namespace: z.array(objectName),
    ...CACHE_SHAPE,
    http: httpAddress,
    leaderElect: one(toggle),
    leaseName: one(objectName),
    leaseNamespace: optional(objectName),
    allowMassDeletion: one(toggle),
    dryRun: one(toggle),
    keySecret: optional(objectName),
    resolver,
    installation: optional(installation),
    logLevel: one(logLevel),
  })
  .superRefine(checkCache, IN_ANY_CASE)

/** The configuration of `operator`, frozen. Throws a `ConfigError` with every problem. */
export function readOperatorConfig(
  version: string,
  flags: Flags<typeof OPERATOR_SETTINGS>,
  environment?: Environment,
): OperatorConfig {
  const values = readConfig(OPERATOR, { settings: OPERATOR_SETTINGS, flags, environment })
  const { namespace, ...rest } = withCache(values)
  return frozen({ version, ...rest, namespaces: [...new Set(namespace)] })
}
