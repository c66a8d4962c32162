/** What each panel shows of the known state, worked out from it without PromQL, for whatever is chosen. */
import type { Row } from './grafana.ts'
import { CALLS, INGRESSES, type Ingress, LIMIT_USES, NOW, OPERATORS, type Operator } from './known-state.ts'

/** Which pods, operators and trunks a choice leaves. */
export interface Chosen {
  readonly pods: readonly Ingress[]
  readonly operators: readonly Operator[]
  readonly trunks: readonly string[]
}

export interface Shown {
  readonly rows: readonly Row[]
  /** By legend, where the picture depends on them. */
  readonly colors?: Readonly<Record<string, string>>
}

type Call = (typeof CALLS)[number]

const REFUSED: readonly string[] = ['no_rule', 'no_backend']

const seen = ({ pods, trunks }: Chosen): Call[] =>
  CALLS.filter(({ pod, trunk }) => pods.includes(pod) && trunks.includes(trunk))

const admitted = (chosen: Chosen): Call[] => seen(chosen).filter(({ outcome }) => outcome !== 'auth_drop')

const refused = (chosen: Chosen): Call[] => admitted(chosen).filter(({ outcome }) => REFUSED.includes(outcome))

const total = (calls: readonly Call[]): number => calls.reduce((sum, { rate }) => sum + rate, 0)

/** A row for each name that there is. */
function by<T>(items: readonly T[], name: (item: T) => string, value: (items: T[]) => number): Row[] {
  const groups = Map.groupBy(items, name)
  return [...groups].map(([legend, own]) => ({ legend, value: value(own) }))
}

const one = (value: number | undefined): Row[] => (value === undefined ? [] : [{ legend: '', value }])

const tile = (value: number | undefined, color: (value: number) => string): Shown => ({
  rows: one(value),
  ...(value === undefined ? {} : { colors: { '': color(value) } }),
})

const above = (yellow: number, red: number) => (value: number) =>
  value >= red ? 'red' : value >= yellow ? 'yellow' : 'green'
const wanted = (value: number): string => (value >= 1 ? 'green' : 'red')

const hasB = ({ pods }: Chosen): boolean => pods.includes('b0')
const ofA = ({ pods }: Chosen): Ingress[] => pods.filter((pod) => pod !== 'b0')
const largest = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : Math.max(...values)

const SHARE_COLOR = above(0.01, 0.2)

function share(calls: readonly Call[]): number {
  return total(calls.filter(({ outcome }) => REFUSED.includes(outcome))) / total(calls)
}

/** One row for each trunk and way to fail, the worst first. */
function troubled(chosen: Chosen): Row[] {
  const rows = [...Map.groupBy(refused(chosen), ({ trunk, outcome }) => `${trunk} ${outcome}`).values()].map(
    (calls) => {
      const [first] = calls
      const [trunk, outcome] = [first?.trunk ?? '', first?.outcome ?? '']
      const good = trunk === 'voice/other' ? NOW - 1 : chosen.pods.includes('a0') ? NOW - 1800 : undefined
      const unmatched = total(refused(chosen).filter((call) => call.trunk === trunk && call.outcome === 'no_rule'))
      return {
        ...{ trunk, outcome, refused: total(calls) },
        ...(good === undefined ? {} : { 'last good call': good * 1000 }),
        ...(unmatched > 0 ? { reason: 'called', 'no rule, 15 min': unmatched * 900 } : {}),
      }
    },
  )
  return rows.filter((row) => row.refused > 0).toSorted((a, b) => b.refused - a.refused)
}

type Expectations = Readonly<Record<string, (chosen: Chosen) => Shown>>

const BACKENDS = [
  { pod: 'a0', backend: 'sip:10.9.0.1:5060', up: 1 },
  { pod: 'a1', backend: 'sip:10.9.0.1:5060', up: 0 },
  { pod: 'a0', backend: 'sip:10.9.0.2:5060', up: 0 },
  { pod: 'a1', backend: 'sip:10.9.0.2:5060', up: 0 },
  { pod: 'b0', backend: 'sip:10.9.0.3:5060', up: 1 },
] as const

const tried = ({ pods }: Chosen) => BACKENDS.filter(({ pod }) => pods.includes(pod))

const isSeen = ({ trunks }: Chosen, trunk: string): boolean => trunks.includes(trunk)

const limitedA = (chosen: Chosen): boolean => ofA(chosen).length > 0 && isSeen(chosen, 'voice/bad')

const limitedB = (chosen: Chosen): boolean => hasB(chosen) && isSeen(chosen, 'voice/other')

function highestUse(pods: readonly Ingress[], legend: string): Row[] {
  const value = largest(pods.map((pod) => LIMIT_USES[pod]))
  return value === undefined ? [] : [{ legend, value }]
}

const CALLS_PANELS: Expectations = {
  'Refused now': (chosen) => tile(total(refused(chosen)), above(0.01, 0.1)),
  'Refused share': (chosen) => tile(share(admitted(chosen)), above(0.01, 0.05)),
  'Never answered': (chosen) => tile(hasB(chosen) && isSeen(chosen, 'voice/other') ? 36 : 0, above(1, 1)),
  'Which trunk, why, since when': (chosen) => ({ rows: troubled(chosen) }),
  'Refused share by trunk': (chosen) => {
    const rows = by(admitted(chosen), ({ trunk }) => trunk, share)
    return { rows, colors: Object.fromEntries(rows.map(({ legend, value }) => [legend, SHARE_COLOR(Number(value))])) }
  },
  'Calls by outcome': (chosen) => ({ rows: by(admitted(chosen), ({ outcome }) => outcome, total) }),
  'Calls by final status': (chosen) => ({ rows: by(admitted(chosen), ({ status }) => status, total) }),
  'Session establishment effectiveness': (chosen) => {
    const established = admitted(chosen).filter(({ status }) => /^(2..|480|486|600|603)$/.test(status))
    return {
      rows: established.length === 0 ? [] : [{ legend: 'SEER', value: total(established) / total(admitted(chosen)) }],
    }
  },
  'Post-dial delay': (chosen) => {
    const forwarded = admitted(chosen).filter(({ outcome }) => outcome === 'forwarded')
    const bucket = (legend: string, value: number): Row => ({ legend, value })
    if (forwarded.length === 0) return { rows: [] }
    return { rows: [bucket('+Inf', total(forwarded)), bucket('0.25', 0), bucket('0.5', total(forwarded))] }
  },
  'Final response, 99th percentile': ({ pods }) => ({
    rows: by(
      CALLS.filter(({ pod }) => pods.includes(pod)),
      ({ outcome }) => outcome,
      () => 0.25 + 0.25 * 0.99,
    ),
  }),
  'Attempts by backend': (chosen) => ({
    rows: by(
      tried(chosen),
      ({ backend, up }) => `${backend} ${up === 1 ? 'answered' : 'timeout'}`,
      (own) => own.length * 0.25,
    ),
  }),
  'Backends that take calls': (chosen) => {
    const rows = by(
      tried(chosen),
      ({ backend }) => backend,
      (own) => own.filter(({ up }) => up === 1).length / own.length,
    )
    const color = (up: number): string => (up === 1 ? 'green' : up > 0 ? 'yellow' : 'red')
    return { rows, colors: Object.fromEntries(rows.map(({ legend, value }) => [legend, color(Number(value))])) }
  },
  'Backends taken out of use': (chosen) => ({
    rows: by(
      tried(chosen).filter(({ up }) => up === 0),
      ({ backend }) => `${backend} timeout`,
      (own) => own.length * 0.1,
    ),
  }),
  'Health checks': (chosen) => ({
    rows: by(
      tried(chosen),
      ({ backend, up }) => `${backend} ${up === 1 ? 'answered' : 'timeout'}`,
      (own) => own.length * 0.5,
    ),
  }),
  'Refused by limits': (chosen) => ({
    rows: [
      ...(limitedA(chosen) ? [{ legend: 'voice/bad trunk_calls_per_second', value: 0 }] : []),
      ...(limitedB(chosen) ? [{ legend: 'voice/other trunk_calls_per_second', value: 0.5 }] : []),
    ],
  }),
  'Use of limits': (chosen) => ({
    rows: [
      ...(isSeen(chosen, 'voice/bad') ? highestUse(ofA(chosen), 'voice/bad calls_per_second') : []),
      ...(limitedB(chosen) ? highestUse(['b0'], 'voice/other calls_per_second') : []),
      ...highestUse(ofA(chosen), 'voice/sales concurrent_calls'),
      ...(hasB(chosen) ? highestUse(['b0'], 'voice/b concurrent_calls') : []),
    ],
  }),
  'Numbers called very often': (chosen) => ({
    rows: [
      ...(limitedA(chosen) ? [{ legend: 'voice/bad', value: 0 }] : []),
      ...(limitedB(chosen) ? [{ legend: 'voice/other', value: 36 }] : []),
    ],
  }),
  'Near misses': (chosen) => ({
    rows: [
      ...(isSeen(chosen, 'voice/bad') && ofA(chosen).length > 0
        ? [{ legend: 'voice/bad transport', value: chosen.pods.includes('a0') ? 0.2 : 0 }]
        : []),
      ...(isSeen(chosen, 'voice/other') && hasB(chosen) ? [{ legend: 'voice/other transport', value: 0 }] : []),
    ],
  }),
  'Look-ups of names': ({ pods }) => ({
    rows: [{ legend: 'resolved', value: pods.reduce((sum, pod) => sum + (pod === 'b0' ? 1 : 0.5), 0) }],
  }),
  'Longest use of an old answer': () => ({ rows: [{ legend: 'longest', value: 120 }] }),
  'Names and their addresses': (chosen) => ({
    rows: [
      { legend: 'names', value: ofA(chosen).length > 0 ? 4 : 1 },
      { legend: 'without an address', value: ofA(chosen).length > 0 ? 2 : 1 },
      { legend: 'added', value: 0.25 * chosen.pods.length },
      { legend: 'refused: loopback', value: 0.5 * chosen.pods.length },
    ],
  }),
  Overload: ({ pods }) => ({ rows: pods.map((pod) => ({ legend: `stranger ${INGRESSES[pod].instance}`, value: 2 })) }),
  Strangers: ({ pods }) => ({ rows: [{ legend: 'stranger INVITE', value: pods.length }] }),
}

const AGES: Readonly<Record<Ingress, number>> = { a0: 1, a1: 400, b0: 1 }
const IS_NEWEST: Readonly<Record<Ingress, number>> = { a0: 1, a1: 0, b0: 1 }
const VERSIONS: Readonly<Record<Ingress, number>> = { a0: 7, a1: 6, b0: 900 }

const BAD_OF_A = [
  { kind: 'DispatchRule', condition: 'Shadowed', status: 'True', reason: 'Shadowed', objects: 3 },
  { kind: 'DispatchRule', condition: 'Accepted', status: 'False', reason: 'InvalidMatch', objects: 2 },
]
const BAD_OF_B = [
  { kind: 'DispatchRule', condition: 'ResolvedRefs', status: 'False', reason: 'BackendNotFound', objects: 1 },
]

const RULES_PANELS: Expectations = {
  'Pods with the newest rules': ({ pods }) =>
    tile(pods.reduce((sum, pod) => sum + IS_NEWEST[pod], 0) / pods.length, (part) =>
      part >= 1 ? 'green' : part >= 0.5 ? 'yellow' : 'red',
    ),
  'Longest since the cache was heard of': ({ pods }) => tile(Math.max(...pods.map((pod) => AGES[pod])), above(60, 300)),
  'Pods without any rules': (chosen) => tile(hasB(chosen) ? 1 : 0, above(1, 1)),
  'Entries in the table': (chosen) => tile(ofA(chosen).length > 0 ? 12 : 0, wanted),
  'Objects that want a look': ({ operators }) => ({
    rows: [...(operators.includes('a') ? BAD_OF_A : []), ...(operators.includes('b') ? BAD_OF_B : [])],
  }),
  'Why no rule matched': (chosen) => ({
    rows: by(
      seen(chosen).filter(({ outcome }) => outcome === 'no_rule'),
      ({ trunk }) => `${trunk} called`,
      total,
    ),
  }),
  'Version of the table by pod': ({ pods }) => ({
    rows: pods.map((pod) => ({ legend: INGRESSES[pod].instance, value: VERSIONS[pod] })),
  }),
  'Rules with most calls': (chosen) => ({
    rows: [
      ...(ofA(chosen).length > 0
        ? [
            { rule: 'voice/sales', Value: 7200 * ofA(chosen).length },
            { rule: 'voice/unused', Value: 0 },
          ]
        : []),
      ...(hasB(chosen)
        ? [
            { rule: 'voice/b', Value: 1800 },
            { rule: 'voice/b-unused', Value: 0 },
          ]
        : []),
    ],
  }),
  'Rules without a call': (chosen) => ({
    rows: [
      ...(hasB(chosen) ? [{ rule: 'voice/b-unused' }] : []),
      ...(ofA(chosen).length > 0 ? [{ rule: 'voice/unused' }] : []),
    ],
  }),
}

const PUBLISHED: Readonly<Record<Operator, number>> = { a: 7, standby: 0, b: 900 }
const LEADS: Readonly<Record<Operator, number>> = { a: 1, standby: 0, b: 0 }

function owned(operators: readonly Operator[], value: (own: Operator[]) => number): Row[] {
  return by(operators, (name) => OPERATORS[name].installation, value)
}

function colored(rows: readonly Row[], color: (value: number) => string): Shown {
  return { rows, colors: Object.fromEntries(rows.map(({ legend, value }) => [legend, color(Number(value))])) }
}

const line = (legend: string, value: number | undefined): Shown => ({
  rows: value === undefined ? [] : [{ legend, value }],
})

const OPERATOR_PANELS: Expectations = {
  Leaders: ({ operators }) =>
    colored(
      owned(operators, (own) => own.reduce((sum, name) => sum + LEADS[name], 0)),
      wanted,
    ),
  'Change held': ({ operators }) => tile(operators.includes('b') ? 1 : 0, above(1, 1)),
  'Published version': ({ operators }) =>
    colored(
      owned(operators, (own) => Math.max(...own.map((name) => PUBLISHED[name]))),
      wanted,
    ),
  Versions: ({ operators }) => ({
    rows: owned(operators, (own) => own.length).map(({ legend, value }) => ({
      ...{ installation: legend ?? '', version: legend === 'voice/b' ? '2' : '1', operators: value ?? 0 },
    })),
  }),
  'From a change to the pods, 99th percentile': () => line('p99', 0.5 + 0.5 * 0.99),
  'Work by result': ({ operators }) => line('status success', 3 * operators.length),
  'Since the API server was heard of': ({ operators }) => line('siptrunks', operators.includes('b') ? 90 : 20),
  'Requests to the API server': ({ operators }) => line('GET 200', 5 * operators.length),
  'Waiting work': ({ operators }) => line('status', 4 * operators.length),
  'Longest standstill': ({ operators }) =>
    line('longest', largest(operators.map((name) => (name === 'b' ? 0.5 : 0.25)))),
}

export const EXPECTATIONS: Readonly<Record<string, Expectations>> = {
  'calls.json': CALLS_PANELS,
  'rules.json': RULES_PANELS,
  'operator.json': OPERATOR_PANELS,
}
