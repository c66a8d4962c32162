/**
 * Whatever applies the chart, and whatever it applied before: the cluster ends up with what is written. A client-side
 * merge compares the entries of some lists by one field, and of two that share it one is lost.
 */
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals'
import { findHelm } from '../../scripts/kubernetes-parts.mjs'
import { CHART } from '../support/helm.ts'
import { type PrivateKubernetesApi, startKubernetesApi } from '../support/kubernetes-api.ts'
import { describeWith } from '../support/real-part.ts'
import { type Manifest, NAMESPACE, valuesFile } from './chart-values.ts'
import {
  type DeploymentTool,
  formerManifests,
  helmOf,
  helmTool,
  kubectlTool,
  withFormerChart,
} from './deployment-tool.ts'
import { kubectlOf } from './release.ts'

const TEST_LIMIT_MS = 900_000

const BASE = ['crds.enabled=false', 'ingress.advertise.external=sip.example.com', 'cache.url=redis://cache.example.com']

const set = (...values: readonly string[]): string[] => [...BASE, ...values].flatMap((value) => ['--set', value])

const ports = (udp: number, tcp: number): string[] => [`ingress.ports.udp=${udp}`, `ingress.ports.tcp=${tcp}`]

const DRACHTIO = 'ingress.engine=drachtio'

const EVERYTHING = ['--values', valuesFile('everything'), '--set', 'crds.enabled=false']

/** Changes there and back; every list that changes by a value changes at least twice. */
const CHANGES: Readonly<Record<string, readonly string[]>> = {
  defaults: set(),
  'both ports moved': set(...ports(5070, 5070)),
  'the two swapped': set(...ports(5070, 5060)),
  'back at the defaults': set(),
  'another engine': set(DRACHTIO),
  'the first engine on the same ports': set(...ports(5070, 5070)),
  'one transport switched off': set('ingress.transports.tcp=false', 'ingress.ports.http=9191', ...ports(5060, 5060)),
  'switched on again': set(),
  'every value another one': EVERYTHING,
  'two Services': set('ingress.service.split=true'),
  'one Service, and a cache of its own': [
    ...set('cache.url=', 'cache.embedded.enabled=true', 'ingress.exposure=ClusterIP'),
  ],
  'the network of the nodes': set('ingress.exposure=HostNetwork', ...ports(5080, 5080)),
  'as at the beginning': set(),
}

/** A release of the former version, upgraded by a helm of today. */
const CLIENT_SIDE_FIRST = 'helm, client-side first'

/** What tools go through that merge on the server: each kind of change once. */
const FEW = ['defaults', 'both ports moved', 'another engine', 'every value another one', 'as at the beginning']

/** Kinds that a release of these values may have. */
const KINDS =
  'services,deployments,daemonsets,serviceaccounts,roles,rolebindings,poddisruptionbudgets,networkpolicies,configmaps,' +
  'horizontalpodautoscalers,podmonitors,servicemonitors,prometheusrules,clusterroles,clusterrolebindings'

/** What the server makes up, or the tool notes for itself; helm labels the objects of others, too. */
const NOT_OF_THE_CHART =
  /^(app\.kubernetes\.io\/managed-by|uid|resourceVersion|generation|creationTimestamp|managedFields|selfLink|status|clusterIPs?|nodePort|healthCheckNodePort|kubectl\.kubernetes\.io\/last-applied-configuration|meta\.helm\.sh\/.*|deletionTimestamp|deletionGracePeriodSeconds)$/

describeWith(['helm', 'kubernetes'], 'the chart, whatever applies it,', () => {
  let api: PrivateKubernetesApi
  const seen = new Map<string, Record<string, unknown>>()

  beforeAll(async () => {
    api = await startKubernetesApi({ resources: 'none' })
    await kubectl('apply', '--server-side', '--filename', findHelm()?.definitions ?? '')
    await kubectl('create', 'namespace', NAMESPACE)
    await kubectl('wait', '--for=condition=Established', '--timeout=120s', 'crd', '--all')
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await api.stop()
  }, TEST_LIMIT_MS)

  // A test that fails leaves its release behind, in the way of the next one.
  afterEach(async () => {
    for (const name of Object.keys(await state())) await kubectl('delete', name, '-n', NAMESPACE, '--wait=false')
    await kubectl('delete', 'secrets', '--selector=owner=helm', '-n', NAMESPACE)
  }, TEST_LIMIT_MS)

  const kubectl = (...args: readonly string[]): Promise<string> => kubectlOf({ api }, ...args)

  const TOOLS: Readonly<Record<string, () => DeploymentTool>> = {
    'helm --server-side=true': () => helmTool(api, 'helm', ['--server-side=true', '--server-side=true']),
    'helm --server-side=false': () => helmTool(api, 'helm', ['--server-side=false', '--server-side=false']),
    [CLIENT_SIDE_FIRST]: () => helmTool(api, 'helm', ['--server-side=false', '--server-side=true']),
    'kubectl apply': () => kubectlTool(api, 'kubectl', []),
    'kubectl apply --server-side': () => kubectlTool(api, 'kubectl', ['--server-side']),
  }

  const CLIENT_SIDE = ['helm --server-side=false', 'kubectl apply']

  /** Everything of the release, as far as the chart says it. */
  async function state(): Promise<Record<string, unknown>> {
    const found: { items: Manifest[] } = JSON.parse(await kubectl('get', KINDS, '-n', NAMESPACE, '--output=json'))
    const ours = found.items.filter(({ metadata }) => /phone|as-a-map/.test(metadata.name))
    return Object.fromEntries(ours.map((one) => [`${one.kind}/${one.metadata.name}`, withoutServerFields(one)]))
  }

  /** What the first tool made of it. */
  function asWithOthers(change: string, now: Record<string, unknown>): Record<string, unknown> {
    const others = seen.get(change) ?? now
    seen.set(change, others)
    return others
  }

  it.each(Object.keys(TOOLS).filter((name) => name !== CLIENT_SIDE_FIRST))(
    'follows every change there and back with %s, and leaves nothing',
    async (name) => {
      const tool = TOOLS[name]?.()
      await tool?.startFrom(formerManifests('native'))
      for (const [change, values] of Object.entries(CHANGES)) {
        if (!CLIENT_SIDE.includes(name) && !FEW.includes(change)) continue
        await tool?.apply(values)
        const now = await state()
        expectBothTransports(change, now)
        expect({ change, state: now }).toEqual({ change, state: asWithOthers(change, now) })
      }
      await tool?.remove()
      expect(await state()).toEqual({})
    },
    TEST_LIMIT_MS,
  )

  it.each(['kubectl apply', CLIENT_SIDE_FIRST])(
    'takes over a release of the former version with a drachtio-server, or with other ports, by %s',
    async (name) => {
      const tool = TOOLS[name]?.()
      await tool?.startFrom(formerManifests('drachtio'))
      for (const values of [set(DRACHTIO), set(...ports(5070, 5070)), set()]) {
        await tool?.apply(values)
        expectBothTransports('with a drachtio-server', await state())
      }
      const now = await state()
      expect(now).toEqual(asWithOthers('defaults', now))
      await tool?.remove()
      await tool?.startFrom(formerManifests('native').replaceAll('5060', '5070'))
      for (const values of [set(...ports(5070, 5070)), set(DRACHTIO), set(...ports(5070, 5070)), set()]) {
        await tool?.apply(values)
        expectBothTransports('with other ports', await state())
      }
      await tool?.remove()
    },
    TEST_LIMIT_MS,
  )

  it(
    'is upgraded with the values of the former version, which had fewer',
    async () => {
      const former = formerManifests('native')
      await withFormerChart(former, (chart) => helmOf(api, 'install', 'phone', chart, ...set()))
      await helmOf(api, 'upgrade', 'phone', CHART, '--reuse-values')
      const now = await state()
      // The one value that another default has since.
      await helmOf(api, 'upgrade', 'phone', CHART, ...set('ingress.ipFamilies={IPv4}'))
      expect(now).toEqual(await state())
    },
    TEST_LIMIT_MS,
  )

  it(
    'keeps the names of Services, with their addresses, where helm sees that the ports stay, or is told to',
    async () => {
      const tool = helmTool(api, 'helm', ['--server-side=false', '--server-side=true'])
      const services = async () => Object.keys(await state()).filter((one) => one.startsWith('Service/'))
      await tool.startFrom(formerManifests('native').replaceAll('5060', '5070'))
      const before = await services()
      await tool.apply(set(...ports(5070, 5070)))
      expect(await services()).toEqual(before)
      await tool.apply(set(...ports(5090, 5090), 'ingress.service.fixedNames=true'))
      expect(await services()).toEqual(before)
      expectBothTransports('fixed names', await state())
      await tool.apply(set(...ports(5090, 5090)))
      expect(await services()).toEqual(before)
      for (const values of [set(), set('ingress.logLevel=debug')]) {
        await tool.apply(values)
        expect(await services()).toEqual(before.map((one) => `${one}-5060`))
      }
      await tool.apply(set(...ports(5080, 5080)))
      expect(await services()).toEqual(before.map((one) => `${one}-5080`))
      await tool.remove()
    },
    TEST_LIMIT_MS,
  )
})

function withoutServerFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutServerFields)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([key]) => !NOT_OF_THE_CHART.test(key))
  const cleaned = kept.map(([key, one]) => [key, withoutServerFields(one)] as const)
  return Object.fromEntries(cleaned.filter(([, one]) => JSON.stringify(one) !== '{}'))
}

interface Port {
  readonly name?: string
  readonly protocol?: string
}

/** What two tools could lose alike: a Service for calls has both protocols, and a pod has both ports that it leads to. */
function expectBothTransports(change: string, all: Readonly<Record<string, unknown>>): void {
  const of = (kind: string, name: RegExp) =>
    Object.entries(all).filter(([key]) => key.startsWith(`${kind}/`) && name.test(key))
  const services = of('Service', /-(ingress|internal)(-\d|-udp|-tcp|$)/).flatMap(
    ([, one]) => (one as { spec: { ports: Port[] } }).spec.ports,
  )
  const pods = [...of('Deployment', /-ingress$/), ...of('DaemonSet', /-ingress$/)]
    .map(
      ([, one]) => (one as { spec: { template: { spec: Record<string, { ports?: Port[] }[]> } } }).spec.template.spec,
    )
    .flatMap((pod) => [...(pod['containers'] ?? []), ...(pod['initContainers'] ?? [])])
    .flatMap((container) => container.ports ?? [])
  const named = (list: readonly Port[]) => list.map(({ name, protocol }) => `${name} ${protocol}`).toSorted()
  expect({ change, pods: named(pods) }).toEqual({ change, pods: ['http TCP', 'sip-tcp TCP', 'sip-udp UDP'] })
  expect({ change, services: new Set(named(services)) }).toEqual({
    change,
    services: new Set(['http TCP', 'sip-tcp TCP', 'sip-udp UDP']),
  })
}
