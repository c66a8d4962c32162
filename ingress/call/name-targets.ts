/** The targets of a backend that is a name. */
import { hostText } from '../address/ip-address.ts'
import type { LiveTable } from '../lookup/live-table.ts'
import type { LocatedServer } from '../resolve/located-server.ts'
import { type NameBackend, placeText } from '../route-table/route-table.ts'
import type { ProxyTarget } from '../sip/port/engine.ts'
import { drawn } from './random-order.ts'
import { serverOrder } from './server-order.ts'

/** A target, and its name in logs: `address:port`, because a name has several servers. */
type NameTarget = ProxyTarget & { readonly place: string }

/** The targets of one server. They share the calls of the server evenly. */
interface ServerTargets extends Pick<LocatedServer, 'priority' | 'weight'> {
  readonly targets: readonly NameTarget[]
}

interface Known {
  readonly from: readonly LocatedServer[]
  readonly key: string
  readonly servers: readonly ServerTargets[]
}

/** The targets of each backend. They are made once for each answer of DNS, and not for each call. */
const known = new WeakMap<NameBackend, Known>()

const NONE: readonly NameTarget[] = []

/**
 * The addresses of a name in the order in which a call tries them: servers as RFC 2782 says, the addresses of one server in a
 * random order. Empty if no address is known. `fraction` returns numbers in [0, 1).
 */
export function nameTargets(
  backend: NameBackend,
  table: Pick<LiveTable, 'serversOf'>,
  fraction: () => number,
): readonly NameTarget[] {
  const before = known.get(backend)
  const key = before?.key ?? placeText(backend)
  const from = table.serversOf(key)
  if (from === undefined) return NONE
  const servers = before?.from === from ? before.servers : targetsOf(backend, key, from)
  if (before?.from !== from) known.set(backend, { from, key, servers })
  const [only] = servers
  if (servers.length === 1 && only?.targets.length === 1) return only.targets
  return serverOrder(servers, fraction).flatMap(({ targets }) => drawn(targets, targets.length, fraction))
}

function targetsOf(backend: NameBackend, key: string, servers: readonly LocatedServer[]): ServerTargets[] {
  const { uri, uriParameters } = backend
  return servers.map(({ priority, weight, port, transport, addresses }) => ({
    priority,
    weight,
    targets: addresses.map((address) => {
      const place = `${hostText(address)}:${port}`
      return { id: uri, place, address, port, transport, uriParameters, uriPlace: uriPlace(key) }
    }),
  }))
}

/** A dot at the end of a name is for DNS. The grammar of a SIP URI allows it, but many backends do not know themselves by it. */
function uriPlace(key: string): string {
  return key.replace(/\.(?=$|[:;])/, '')
}
