import { isCallable, parseIpAddress, parseIpPrefix } from '../address/ip-address.ts'
import { MAX_PORT } from '../address/port.ts'
import { TRANSPORT_NAMES } from '../address/transport-name.ts'
import {
  type Check,
  isObject,
  list,
  oneOf,
  optional,
  record,
  refuse,
  text,
  textThat,
  variants,
  wholeNumber,
} from './content-check.ts'
import { MAX_LIST_LENGTH, MAX_TEXT_LENGTH, MAX_TIMEOUT_MS, MIN_PROBE_INTERVAL_MS } from './limits.ts'
import {
  type Action,
  type Backend,
  type BackendProbe,
  EJECT_CONDITIONS,
  type NameBackend,
  type RouteAction,
  type ServiceBackend,
  type UriBackend,
} from './route-table.ts'

/** Text that a header or a URI may contain. */
export const plainText = text(MAX_TEXT_LENGTH)

export const networks = list(
  textThat((value) => parseIpPrefix(value) !== undefined, 'a network in CIDR form', MAX_TEXT_LENGTH),
  MAX_LIST_LENGTH,
)

export const status = wholeNumber(100, 699)

/** The largest weight and the largest tier. It is greater than every value that the custom resources allow. */
const MAX_SHARE = 1_000_000

/** Refuses multicast and broadcast addresses. Another program may have written such an entry, and pods must not send to it. */
export const ipAddress = textThat(
  (value) => {
    const address = parseIpAddress(value)
    return address !== undefined && isCallable(address)
  },
  'an IP address that can be called',
  MAX_TEXT_LENGTH,
)

export const port = wholeNumber(1, MAX_PORT)

/** Also refuses text that would end the Request-URI: pods write it as it is. */
const probeUser = textThat((value) => /^[^\s<>@:"]+$/.test(value), 'a user of a URI', MAX_TEXT_LENGTH)

const probe = record<BackendProbe>({
  intervalMs: wholeNumber(MIN_PROBE_INTERVAL_MS, MAX_TIMEOUT_MS),
  timeoutMs: wholeNumber(1, MAX_TIMEOUT_MS),
  failures: wholeNumber(1, MAX_SHARE),
  successes: wholeNumber(1, MAX_SHARE),
  statuses: list(wholeNumber(200, 699), MAX_LIST_LENGTH),
  user: optional(probeUser),
})

const uriBackend = record<UriBackend>({
  uri: plainText,
  address: ipAddress,
  port,
  transport: optional(oneOf(...TRANSPORT_NAMES)),
  uriParameters: plainText,
  weight: wholeNumber(0, MAX_SHARE),
  tier: wholeNumber(0, MAX_SHARE),
  probe: optional(probe),
})

/** A host name. The reader of the cache does not repeat the grammar of the schema: DNS answers nothing for a wrong name. */
const hostName = textThat((value) => /^[a-z0-9.-]{1,254}$/.test(value), 'a host name in lower case', MAX_TEXT_LENGTH)

const nameBackend = record<NameBackend>({
  uri: plainText,
  host: hostName,
  port: optional(port),
  transport: optional(oneOf(...TRANSPORT_NAMES)),
  uriParameters: plainText,
  weight: wholeNumber(0, MAX_SHARE),
  tier: wholeNumber(0, MAX_SHARE),
  probe: optional(probe),
})

const serviceBackend = record<ServiceBackend>({
  service: plainText,
  weight: wholeNumber(0, MAX_SHARE),
  tier: wholeNumber(0, MAX_SHARE),
  probe: optional(probe),
})

const backend: Check<Backend> = (value, finding): value is Backend => {
  if (!isObject(value)) return refuse(finding, 'an object')
  if ('service' in value) return serviceBackend(value, finding)
  return 'host' in value ? nameBackend(value, finding) : uriBackend(value, finding)
}

const header = record<{ readonly name: string; readonly value: string }>({ name: plainText, value: plainText })

const route = record<RouteAction>({
  type: oneOf('Route'),
  backends: list(backend, MAX_LIST_LENGTH),
  contactNetworks: networks,
  requestUser: optional(plainText),
  setHeaders: list(header, MAX_LIST_LENGTH),
  removeHeaders: list(plainText, MAX_LIST_LENGTH),
  backendTimeout: wholeNumber(1, MAX_TIMEOUT_MS),
  ringingTimeout: wholeNumber(1, MAX_TIMEOUT_MS),
  failoverOn: list(plainText, MAX_LIST_LENGTH),
  failover: oneOf('Always', 'BeforeRinging'),
  ejectOn: optional(list(oneOf(...EJECT_CONDITIONS), EJECT_CONDITIONS.length)),
})

type Redirect = Extract<Action, { readonly type: 'Redirect' }>
type Reject = Extract<Action, { readonly type: 'Reject' }>

/** A qvalue is between 0 and 1 (RFC 3261 §20.10). */
const qvalue: Check<number> = (value, finding): value is number =>
  (typeof value === 'number' && value >= 0 && value <= 1) || refuse(finding, 'a number from 0 to 1')

const redirect = record<Redirect>({
  type: oneOf('Redirect'),
  contacts: list(record<Redirect['contacts'][number]>({ uri: plainText, q: optional(qvalue) }), MAX_LIST_LENGTH),
})

const reject = record<Reject>({ type: oneOf('Reject'), status, reason: plainText })

/** The check of a rule's action. */
export const action = variants<Action, 'type'>('type', { Route: route, Redirect: redirect, Reject: reject })
