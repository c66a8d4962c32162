/** Random tables and calls made from few values, so that predicates often hold, overlap and tie. */
import * as fc from 'fast-check'
import type { CallFacts } from '../../ingress/lookup/call-facts.ts'
import type {
  HeaderPredicate,
  NumberPredicate,
  RuleEntry,
  ServiceEntry,
  TrunkEntry,
} from '../../ingress/route-table/route-table.ts'
import { scheduleEntry, windowsOf } from './schedule-entry.ts'
import { callFacts, routeTo, ruleEntry, serviceEntry, trunkEntry } from './table-entries.ts'

const USERS = [
  '+1',
  '+12',
  '+120',
  '+121',
  '+1200',
  '+1234567890123456',
  '+0120',
  '120',
  '12',
  '12x',
  '+12x',
  '++12',
  'alice',
  'ali',
  '',
  '+',
]
const BOUNDS = [
  '+100',
  '+119',
  '+120',
  '+121',
  '+199',
  '+0',
  '+9',
  '+11',
  '+12',
  '120',
  '199',
  '0',
  '9',
  '12',
  '000',
  '999',
]
const PATTERNS = ['^\\+12', '^\\+120$', '20', 'a|b', '^ali', '^\\+1[0-2]+$', '^\\+12?', '^$', '.', '^\\+1{2}']
const NETWORKS = [
  '10.0.0.0/8',
  '10.1.0.0/16',
  '10.1.1.0/24',
  '10.1.1.1/32',
  '0.0.0.0/0',
  '2001:db8::/32',
  '::/0',
  'none',
]
const ADDRESSES = ['10.1.1.1', '10.1.2.1', '10.2.2.2', '192.0.2.1', '2001:db8::1', '2001:db9::1', '::ffff:10.1.1.1']
const VALUES = ['blue', 'blu', 'red']
const NAMES = ['a', 'b', 'c', 'd', 'e']
const NAMESPACES = ['x', 'y']

const user = fc.constantFrom(...USERS)

const numberPredicate: fc.Arbitrary<NumberPredicate> = fc.oneof(
  user.map((value) => ({ type: 'exact' as const, value })),
  user.map((value) => ({ type: 'prefix' as const, value })),
  fc
    .tuple(fc.constantFrom(...BOUNDS), fc.constantFrom(...BOUNDS))
    .filter(([from, to]) => from.length === to.length)
    .map(([from, to]) => ({ type: 'range' as const, from, to })),
  fc.constantFrom(...PATTERNS).map((pattern) => ({ type: 'regex' as const, pattern })),
)

/** The list is sometimes long enough to be hashed. */
const numberPredicates = fc.oneof(
  { weight: 2, arbitrary: fc.constant([]) },
  { weight: 5, arbitrary: fc.array(numberPredicate, { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(numberPredicate, { minLength: 9, maxLength: 12 }) },
)

const header: fc.Arbitrary<HeaderPredicate> = fc
  .tuple(fc.constantFrom('x-a', 'x-b'), fc.constantFrom(...VALUES), fc.nat(4))
  .map(([name, value, kind]) => {
    if (kind === 0) return { type: 'prefix', name, value }
    if (kind === 1) return { type: 'regex', name, pattern: value }
    if (kind === 2) return { type: 'present', name, present: value !== 'red' }
    return { type: 'exact', name, value }
  })

const BY_DAY = scheduleEntry()
const AT_NIGHT = scheduleEntry({ windows: windowsOf('Mon-Fri 18:00-32:00', 'Sat 00:00-24:00') })

/** Times of a week, at some of which each schedule holds. */
export const arbitraryInstant = fc
  .integer({ min: 0, max: 7 * 24 })
  .map((hours) => Date.parse('2026-11-30T00:00:00Z') + hours * 3_600_000)

const trunkRefs = fc.array(
  fc.tuple(fc.constantFrom(...NAMESPACES), fc.constantFrom('t', 'u')).map((parts) => parts.join('/')),
  { maxLength: 2 },
)

export const arbitraryRule: fc.Arbitrary<RuleEntry> = fc
  .record({
    name: fc.constantFrom(...NAMES),
    namespace: fc.constantFrom(...NAMESPACES),
    createdAt: fc.nat(2),
    priority: fc.constantFrom(0, 0, 0, 1),
    trunks: trunkRefs,
    called: numberPredicates,
    calling: numberPredicates,
    headers: fc.array(header, { maxLength: 2 }),
    schedule: fc.constantFrom([], [], [BY_DAY], [AT_NIGHT]),
    action: fc
      .subarray(['10.1.1.1', '10.1.1.1 5070', '192.0.2.1'], { maxLength: 2 })
      .map((places) => routeTo(...places)),
  })
  .map(({ name, ...fields }) => ruleEntry(name, fields))

/**
 * Services with few names and places, so that they appear, change and disappear, and share addresses with each other and with
 * rules.
 */
export const arbitraryService: fc.Arbitrary<ServiceEntry> = fc
  .record({
    name: fc.constantFrom('p', 'q'),
    ready: fc.subarray(['10.1.1.1', '192.0.2.1 5070', 'none']),
    draining: fc.subarray(['192.0.2.1', '2001:db8::1']),
  })
  .map(({ name, ...places }) => serviceEntry(name, places))

const networks = fc.uniqueArray(fc.constantFrom(...NETWORKS), { maxLength: 3 })

export const arbitraryTrunk: fc.Arbitrary<TrunkEntry> = fc
  .record({
    name: fc.constantFrom('t', 'u', 'v'),
    namespace: fc.constantFrom(...NAMESPACES),
    createdAt: fc.nat(2),
    sources: networks,
    trustedProxies: fc.oneof(fc.constant([]), networks),
    transports: fc.subarray(['UDP', 'TCP'] as const),
    called: numberPredicates,
    numbers: fc.record({
      calledFrom: fc.constantFrom('RequestURI', 'To'),
      callingFrom: fc.constantFrom('From', 'PAI'),
    }),
  })
  .map(({ name, ...fields }) => trunkEntry(name, fields))

export const arbitraryCall: fc.Arbitrary<CallFacts> = fc
  .record({
    source: fc.constantFrom(...ADDRESSES),
    transport: fc.constantFrom('UDP', 'TCP'),
    user: fc.option(user, { nil: undefined }),
    to: fc.option(user, { nil: undefined }),
    from: fc.option(user, { nil: undefined }),
    asserted: fc.option(user, { nil: undefined }),
    recorded: fc.array(fc.constantFrom(...ADDRESSES, 'no address', 'ambiguous'), { maxLength: 3 }),
    headers: fc.record({
      'x-a': fc.array(fc.constantFrom(...VALUES), { maxLength: 2 }),
      'x-b': fc.array(fc.constantFrom(...VALUES), { maxLength: 2 }),
    }),
  })
  .map((sketch) => callFacts(sketch))

export const arbitraryUser = user

export const arbitraryAddress = fc.constantFrom(...ADDRESSES)
