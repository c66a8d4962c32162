/** Two releases, in one namespace or in two: nothing of one selects, scrapes, names or owns anything of the other. */
import { expect, it } from '@jest/globals'
import { CHART, runHelm } from '../support/helm.ts'
import { describeWith } from '../support/real-part.ts'
import { type Manifest, manifestsOf } from './chart-values.ts'

/** With everything on that selects; what excludes another is in the second set. */
const SETS: Readonly<Record<string, readonly string[]>> = {
  'Pods are scraped': [
    'ingress.exposure=ClusterIP',
    'cache.embedded.enabled=true',
    'networkPolicy.enabled=true',
    'networkPolicy.sipFrom[0].ipBlock.cidr=203.0.113.0/24',
    'metrics.podMonitor.enabled=true',
    'metrics.dashboards.enabled=true',
    'metrics.rules.enabled=true',
    'ingress.autoscaling.enabled=true',
  ],
  'Services are scraped': [
    'ingress.exposure=LoadBalancer',
    'ingress.advertise.external=sip.example.com',
    'cache.url=redis://cache.example.com',
    'operator.watchNamespaces[0]=rules',
    'metrics.serviceMonitor.enabled=true',
    'ingress.autoscaling.keda.enabled=true',
    'ingress.autoscaling.keda.serverAddress=http://prometheus',
  ],
  'the network is that of the nodes': ['ingress.exposure=HostNetwork', 'cache.url=redis://cache.example.com'],
}

/** What a cluster has once; who installs it is for the other one to see (test/helm/definitions.test.ts). */
const ONCE = /^(CustomResourceDefinition|ValidatingAdmissionPolicy|ValidatingAdmissionPolicyBinding)$/

type Labels = Readonly<Record<string, string>>

interface Labelled {
  readonly kind: string
  readonly namespace: string
  readonly labels: Labels
}

interface Selector extends Labelled {
  readonly where: string
}

interface Release {
  readonly text: string
  readonly manifests: readonly Manifest[]
}

async function release(name: string, namespace: string, values: readonly string[]): Promise<Release> {
  const render = ['template', name, CHART, '--namespace', namespace, ...values.flatMap((one) => ['--set', one])]
  const { code, stdout, stderr } = await runHelm(render)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return { text: stdout, manifests: manifestsOf(stdout).filter(({ kind }) => !ONCE.test(kind)) }
}

const identity = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`

const namespaceOf = ({ metadata }: Manifest): string => metadata.namespace ?? ''

/** Pods and Services: all that anything here selects. */
function selectable(manifests: readonly Manifest[]): Labelled[] {
  return manifests.flatMap((one) => {
    const namespace = namespaceOf(one)
    const { template } = (one['spec'] ?? {}) as { template?: { metadata: { labels: Labels } } }
    if (template) return [{ kind: 'Pod', namespace, labels: template.metadata.labels }]
    if (one.kind !== 'Service' && one.kind !== 'Pod') return []
    return [{ kind: one.kind, namespace, labels: (one.metadata as unknown as { labels: Labels }).labels }]
  })
}

/** Every selector, wherever it stands in an object. None has a namespaceSelector, so each is for its own namespace. */
function selectorsOf(one: Manifest): Selector[] {
  const found: Selector[] = []
  const kind = one.kind === 'ServiceMonitor' ? 'Service' : 'Pod'
  const visit = (value: unknown, where: string): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      const isPlain = one.kind === 'Service' && key === 'selector'
      if (key === 'matchLabels' || isPlain) {
        found.push({ kind, namespace: namespaceOf(one), labels: inner as Labels, where: `${identity(one)} ${where}` })
      } else {
        expect(key).not.toMatch(/namespaceSelector|matchExpressions/)
        visit(inner, `${where}.${key}`)
      }
    }
  }
  visit(one['spec'], 'spec')
  return found
}

function matches({ labels, kind, namespace }: Selector, thing: Labelled): boolean {
  const wanted = Object.entries(labels)
  return (
    kind === thing.kind && namespace === thing.namespace && wanted.every(([key, value]) => thing.labels[key] === value)
  )
}

describeWith(['helm'], 'of two releases', () => {
  it.each(
    Object.keys(SETS).flatMap((set) => [
      { set, name: 'phone', namespace: 'telephony', other: 'fax', elsewhere: 'telephony' },
      { set, name: 'phone', namespace: 'telephony', other: 'phone', elsewhere: 'voice' },
      { set, name: 'phone', namespace: 'telephony', other: 'phone-two', elsewhere: 'telephony' },
    ]),
  )('none selects what is of the other, nor has its name: $set, $other in $elsewhere', async (example) => {
    const values = SETS[example.set] ?? []
    const one = await release(example.name, example.namespace, values)
    const two = await release(example.other, example.elsewhere, values)
    for (const [own, foreign] of [
      [one, two],
      [two, one],
    ] as const) {
      const names = new Set(foreign.manifests.map(identity))
      expect(own.manifests.map(identity).filter((name) => names.has(name))).toEqual([])
      const selectors = own.manifests.flatMap(selectorsOf)
      expect(selectors.length).toBeGreaterThan(5)
      for (const selector of selectors) {
        expect(selectable(foreign.manifests).filter((thing) => matches(selector, thing))).toEqual([])
        const mine = selectable(own.manifests).filter((thing) => matches(selector, thing))
        expect({ where: selector.where, selects: mine.length > 0 }).toEqual({ where: selector.where, selects: true })
      }
    }
  })

  it('none mentions the other one', async () => {
    for (const values of Object.values(SETS)) {
      const one = await release('phone', 'telephony', values)
      const two = await release('fax', 'offices', values)
      expect(one.text).toMatch(/phone[\s\S]*telephony/)
      expect(one.text).not.toMatch(/\bfax\b|\boffices\b/)
      expect(two.text).not.toMatch(/\bphone\b|\btelephony\b/)
    }
  })

  it('none has a name in the whole cluster that the other could have, however namespace and release are cut', async () => {
    const one = await release('b-sip-dispatch', 'a', SETS['Services are scraped'] ?? [])
    const two = await release('sip-dispatch', 'a-b', SETS['Services are scraped'] ?? [])
    const everywhere = await release('b-sip-dispatch', 'a', SETS['Pods are scraped'] ?? [])
    const alsoThere = await release('sip-dispatch', 'a-b', SETS['Pods are scraped'] ?? [])
    const ofRules = ({ manifests }: Release) =>
      manifests.filter((each) => ['', 'rules'].includes(namespaceOf(each)) && /Role/.test(each.kind)).map(identity)
    for (const [first, second] of [
      [one, two],
      [everywhere, alsoThere],
    ] as const) {
      expect(ofRules(first)).toHaveLength(2)
      expect(ofRules(first).filter((name) => ofRules(second).includes(name))).toEqual([])
    }
  })

  it('none is scaled by the calls of the other one in its namespace', async () => {
    const { text } = await release('phone', 'telephony', SETS['Services are scraped'] ?? [])
    const [, pattern = ''] = /namespace="telephony",pod=~"([^"]+)"/.exec(text) ?? []
    const counts = (pod: string): boolean => new RegExp(`^(?:${pattern})$`).test(pod)
    expect(counts('phone-sip-dispatch-ingress-6b7c9d8f5d-x7k2p')).toBe(true)
    expect(counts('phone-sip-dispatch-operator-6b7c9d8f5d-x7k2p')).toBe(false)
    expect(counts('fax-sip-dispatch-ingress-6b7c9d8f5d-x7k2p')).toBe(false)
    expect(counts('phone-sip-dispatch-ingress-two-ingress-6b7c9d8f5d-x7k2p')).toBe(false)
  })
})
