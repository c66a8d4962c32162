/** Locates servers with the nameservers of this machine, or with those that the configuration names. */
import { readRegularFile } from '../files/regular-file.ts'
import type { NamedPlace } from '../route-table/route-table.ts'
import type { AddressRule } from './address-rule.ts'
import { createDnsClient } from './dns-client.ts'
import type { Nameserver } from './dns-exchange.ts'
import { MAX_RESOLV_CONF_BYTES } from './limits.ts'
import { type Location, locateServers } from './locate-servers.ts'
import { candidateNames, parseResolvConf, type ResolverOptions } from './resolv-conf.ts'

const RESOLV_CONF = '/etc/resolv.conf'

/**
 * Makes a function that locates servers. The file is read for each look-up: a machine may change its nameservers while the
 * process runs. `servers`: nameservers to ask instead; search domains and times are still those of the file. `rule`: which
 * addresses a name may have, asked for each look-up, because a machine may also get other addresses.
 */
export function createSystemResolver(servers: readonly Nameserver[], rule: () => AddressRule) {
  return async (place: NamedPlace, signal: AbortSignal): Promise<Location> => {
    const options = await resolverOptions(servers)
    const ask = createDnsClient(options, signal)
    return locateServers(place, { ask, rule: rule(), candidates: candidateNames(place.host, options) })
  }
}

async function resolverOptions(servers: readonly Nameserver[]): Promise<ResolverOptions> {
  const text = await readRegularFile(RESOLV_CONF, MAX_RESOLV_CONF_BYTES).then(String, () => '')
  const options = parseResolvConf(text)
  return servers.length === 0 ? options : { ...options, servers }
}
