/** The setting `--resolver`, which several commands have. */
import { z } from 'zod'
import type { Nameserver } from '../../ingress/resolve/dns-exchange.ts'
import { MAX_NAMESERVERS } from '../../ingress/resolve/limits.ts'
import { parseNameserver } from './address-text.ts'
import { ConfigError } from './config.ts'
import { textOf } from './setting-value.ts'
import { RESOLVER_SETTING } from './settings.ts'

/** The schema of the setting. The default is no nameserver: those of the machine are asked then. */
export const resolver = z
  .array(textOf(parseNameserver, 'HOST:PORT with an IP address as HOST, IPv6 in brackets, 10.96.0.10:53 for instance'))
  .max(MAX_NAMESERVERS, `names more than ${MAX_NAMESERVERS} nameservers`)

/** Reads the values of the flag for a command without a configuration of its own. Throws a `ConfigError` with every problem. */
export function readNameservers(values: readonly string[]): readonly Nameserver[] {
  const parsed = resolver.safeParse(values)
  if (parsed.success) return parsed.data
  throw new ConfigError(parsed.error.issues.map(({ message }) => `${RESOLVER_SETTING.flag}: ${message}`))
}
