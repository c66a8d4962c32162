import { z } from 'zod'
import { keyFault } from '../../ingress/files/key-strength.ts'
import { MAX_KEY_BYTES, MIN_COOKIE_KEY_BYTES } from '../../ingress/files/limits.ts'
import { readRegularFileSync } from '../../ingress/files/regular-file.ts'
import type { StandaloneConfig } from '../../standalone/standalone-config.ts'
import { type Environment, type Flags, frozen, readConfig } from './config.ts'
import { checkEngine, withEngine } from './engine-schema.ts'
import { SERVING_SHAPE } from './serving-schema.ts'
import { isFolder, one, textOf } from './setting-value.ts'
import { STANDALONE_SETTINGS } from './settings.ts'

const STANDALONE = z
  .object({
    rules: one(textOf((path) => (isFolder(path) ? path : undefined), 'a folder that can be read')),
    ...SERVING_SHAPE,
    cookieKeyFile: z.array(textOf(readKey, `a file of ${MIN_COOKIE_KEY_BYTES} bytes or more that can be read`)),
  })
  .superRefine(checkEngine)

/** The configuration of `standalone`, frozen. Throws a `ConfigError` with every problem. */
export function readStandaloneConfig(
  version: string,
  flags: Flags<typeof STANDALONE_SETTINGS>,
  environment?: Environment,
): StandaloneConfig {
  const given = { settings: STANDALONE_SETTINGS, flags, environment }
  const {
    cookieKeyFile: cookieKeys,
    settleSeconds,
    drainDeadlineSeconds,
    ...rest
  } = withEngine(readConfig(STANDALONE, given))
  return frozen({ version, ...rest, settleMs: settleSeconds, drainDeadlineMs: drainDeadlineSeconds, cookieKeys })
}

function readKey(path: string): Buffer {
  const key = readRegularFileSync(path, MAX_KEY_BYTES)
  const fault = keyFault(key, MIN_COOKIE_KEY_BYTES)
  if (fault !== undefined) throw new Error(`it ${fault}`)
  return key
}
