import { TRANSPORT_NAMES } from '../address/transport-name.ts'
import { CacheContentError } from './cache-content-error.ts'
import {
  type Check,
  type Finding,
  list,
  oneOf,
  optional,
  record,
  refuse,
  textThat,
  variants,
  wholeNumber,
} from './content-check.ts'
import { MAX_ENTRY_LENGTH, MAX_KEY_LENGTH, MAX_LIMIT, MAX_LIST_LENGTH, MAX_WAIT_SECONDS } from './limits.ts'
import { CONTRACT_ROWS } from './match-condition.ts'
import {
  type CallLimit,
  type Endpoint,
  entryKey,
  type NumberPolicy,
  type OverLimitAnswer,
  type RuleEntry,
  type ServiceEntry,
  type StatusLine,
  type TableEntry,
  type TrunkEntry,
  type TrunkResponses,
} from './route-table.ts'
import { action, ipAddress, networks, plainText, port, status } from './table-codec-action.ts'
import { numbers } from './table-codec-predicate.ts'

/** The entry as one line of JSON. The shared cache stores this line under the entry's key. */
export function encodeEntry(entry: TableEntry): string {
  return JSON.stringify(entry)
}

/**
 * Reads the entry under a key, as strictly as input from outside. The JSON must have all fields of an entry and no other
 * field, and each field must be within its limits. Throws `CacheContentError`. Patterns are not compiled here: `LiveTable`
 * refuses a pattern that RE2 does not accept.
 */
export function decodeEntry(key: string, json: string): TableEntry {
  const finding: Finding = { field: '', expected: '' }
  const value = parseJson(key, json, MAX_ENTRY_LENGTH)
  if (!tableEntry(value, finding)) throw new CacheContentError({ key, ...finding })
  const name = entryKey(value)
  if (name !== key) throw new CacheContentError({ key, field: 'name', expected: `the entry of this key, not ${name}` })
  return value
}

/** Parses JSON. Throws `CacheContentError` if the text is longer than `maxLength` or is no JSON. */
export function parseJson(key: string, json: string, maxLength: number): unknown {
  if (json.length > maxLength) {
    throw new CacheContentError({ key, field: '', expected: `at most ${maxLength} characters` })
  }
  try {
    return JSON.parse(json)
  } catch {
    throw new CacheContentError({ key, field: '', expected: 'JSON' })
  }
}

const MAX_PRIORITY = 2 ** 31

const entryName = textThat((value) => /^[^/\s]+\/[^/\s]+$/.test(value), 'namespace/name', MAX_KEY_LENGTH)
const createdAt = wholeNumber(0, Number.MAX_SAFE_INTEGER)

const statusLine = record<StatusLine>({ status, reason: plainText })

const overLimit = record<OverLimitAnswer>({
  status,
  reason: plainText,
  retryAfter: optional(wholeNumber(1, MAX_WAIT_SECONDS)),
})

const limit = wholeNumber(1, MAX_LIMIT)

const limitFields = record<CallLimit>({
  rate: optional(record({ callsPerSecond: limit, burst: limit })),
  concurrent: optional(record({ calls: limit, maxCallSeconds: wholeNumber(1, MAX_WAIT_SECONDS) })),
  scope: oneOf('Pod', 'Installation'),
})

const callLimit: Check<CallLimit> = (value, finding): value is CallLimit =>
  limitFields(value, finding) &&
  ((value.rate ?? value.concurrent) !== undefined || refuse(finding, 'rate, concurrent or both')) &&
  (value.rate === undefined ||
    value.rate.burst >= value.rate.callsPerSecond ||
    refuse(finding, 'at least callsPerSecond', 'rate.burst'))

const trunk = record<TrunkEntry>({
  kind: oneOf('trunk'),
  name: entryName,
  namespace: plainText,
  createdAt,
  sources: networks,
  trustedProxies: networks,
  transports: list(oneOf(...TRANSPORT_NAMES), MAX_LIST_LENGTH),
  called: numbers,
  numbers: record<NumberPolicy>({
    defaultRegion: optional(plainText),
    calledFrom: oneOf('RequestURI', 'To'),
    callingFrom: oneOf('From', 'PAI'),
    unreadable: optional(oneOf('AsWritten')),
  }),
  responses: record<TrunkResponses>({
    noRule: statusLine,
    noBackend: statusLine,
    draining: optional(statusLine),
    overLimit: optional(overLimit),
  }),
  nat: optional(oneOf('Source', 'Contact')),
  limits: optional(callLimit),
})

const rule = record<RuleEntry>({
  kind: oneOf('rule'),
  name: entryName,
  namespace: plainText,
  createdAt,
  priority: wholeNumber(-MAX_PRIORITY, MAX_PRIORITY),
  trunks: list(entryName, MAX_LIST_LENGTH),
  called: CONTRACT_ROWS.called.check,
  calling: CONTRACT_ROWS.calling.check,
  headers: CONTRACT_ROWS.headers.check,
  schedule: CONTRACT_ROWS.schedule.check,
  action,
  limits: optional(callLimit),
})

const service = record<ServiceEntry>({
  kind: oneOf('service'),
  name: entryName,
  namespace: plainText,
  transport: oneOf(...TRANSPORT_NAMES),
  endpoints: list(record<Endpoint>({ address: ipAddress, port, state: oneOf('ready', 'draining') }), MAX_LIST_LENGTH),
})

const anyEntry = variants<TableEntry, 'kind'>('kind', { trunk, rule, service })

const tableEntry: Check<TableEntry> = (value, finding): value is TableEntry =>
  anyEntry(value, finding) &&
  (value.name.startsWith(`${value.namespace}/`) || refuse(finding, 'the namespace of the name', 'namespace'))
