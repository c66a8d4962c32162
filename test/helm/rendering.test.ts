/**
 * What the chart makes of values: `values/<set>.yaml` in, `golden/<set>.yaml` out. `UPDATE_GOLDEN=1` writes the second
 * file anew; read the difference before it is kept.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { MAX_DRAIN_SECONDS } from '../../cli/limits.ts'
import { MAX_FILE_BYTES, MAX_JOURNAL_BYTES } from '../../ingress/replica/limits.ts'
import { updatingGolden } from '../golden/config.ts'
import { CHART, runHelm } from '../support/helm.ts'
import { describeWith } from '../support/real-part.ts'
import {
  type Manifest,
  manifestsOf,
  NAMESPACE,
  renderArguments,
  renderedText,
  VALUE_SETS,
  valuesFile,
} from './chart-values.ts'

const GOLDEN = join(import.meta.dirname, 'golden')

/** What has tests of its own: resource definitions and their policies, dashboards and alerts. */
function withoutBodies(manifest: Manifest): Manifest {
  if (['CustomResourceDefinition', 'ValidatingAdmissionPolicy', 'PrometheusRule'].includes(manifest.kind)) {
    return { ...manifest, spec: 'as the chart has it' }
  }
  if (!manifest.metadata.name.includes('-dashboard-')) return manifest
  const names = Object.keys(manifest['data'] as object)
  return { ...manifest, data: Object.fromEntries(names.map((name) => [name, 'as the chart has it'])) }
}

/** The version that golden files name in the place of the chart's, so that a release changes none of them. */
const GOLDEN_VERSION = '0.1.0'

const { version }: { version: string } = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'))

const VERSION_NAMED = new RegExp(`(?<![\\d.])${version.replaceAll('.', String.raw`\.`)}(?![\\d.])`, 'g')

function goldenText(rendered: string): string {
  const documents = manifestsOf(rendered).map((one) => stringify(withoutBodies(one), { lineWidth: 0 }))
  return documents.join('---\n').replaceAll(VERSION_NAMED, GOLDEN_VERSION)
}

describeWith(['helm'], 'the chart', () => {
  it.each(VALUE_SETS)('makes of %s what the golden file says, the same twice', async (set) => {
    const [first, second] = await Promise.all([renderedText(set), renderedText(set)])
    expect(second).toBe(first)
    const path = join(GOLDEN, `${set}.yaml`)
    if (updatingGolden()) writeFileSync(path, goldenText(first))
    expect(goldenText(first)).toBe(readFileSync(path, 'utf8'))
  })

  it.each(VALUE_SETS)('passes helm lint --strict with %s', async (set) => {
    const { code, stdout, stderr } = await runHelm(['lint', '--strict', CHART, '--values', valuesFile(set)])
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: expect.stringContaining('0 chart(s) failed') })
  })

  it('has a golden file for every set, and no other', () => {
    expect(readdirSync(GOLDEN).toSorted()).toEqual(VALUE_SETS.map((set) => `${set}.yaml`).toSorted())
    expect(VALUE_SETS).toHaveLength(8)
  })
})

const GOOD = ['ingress.advertise.external=sip.example.com', 'cache.url=redis://cache:6379']

describeWith(['helm'], 'the chart refuses, and says what to do, where', () => {
  it.each([
    ['nothing is set', [], /ingress\.advertise\.external is required with ingress\.exposure LoadBalancer: set it to/],
    [
      'nobody is told an address',
      ['cache.url=redis://c', 'ingress.exposure=NodePort'],
      /external is required with .*NodeP/,
    ],
    [
      'there is no cache',
      ['ingress.exposure=ClusterIP'],
      /a rules cache is required: set cache\.url, or cache\.existing/,
    ],
    ['there are two caches', [...GOOD, 'cache.embedded.enabled=true'], /one rules cache, please: .* set only one/],
    ['keys of no Secret are named', [...GOOD, 'cache.passwordKey=p'], /set cache\.existingSecret to its name/],
    ['a certificate has no key', [...GOOD, 'cache.existingSecret=s', 'cache.certKey=c'], /belong together: set both/],
    [
      'a key of the ingress is of no Secret',
      [...GOOD, 'cache.ingress.passwordKey=p'],
      /cache\.ingress\.urlKey and passwordKey are keys of a Secret/,
    ],
    [
      'the ingress has two caches',
      [...GOOD, 'cache.existingSecret=s', 'cache.ingress.url=redis://i@c', 'cache.ingress.urlKey=u'],
      /cache\.ingress\.url and cache\.ingress\.urlKey both name/,
    ],
    [
      'the cache for trials has a second user',
      ['ingress.exposure=ClusterIP', 'cache.embedded.enabled=true', 'cache.ingress.url=redis://ingress@c'],
      /cache\.ingress does not go with cache\.embedded\.enabled/,
    ],
    [
      'a drachtio-server would be open to a node',
      ['ingress.engine=drachtio', 'ingress.exposure=HostNetwork', 'cache.url=redis://c'],
      /drachtio does not go with ingress\.exposure HostNetwork: the admin port/,
    ],
    [
      'a drachtio-server would not listen',
      [...GOOD, 'ingress.engine=drachtio', 'ingress.transports.tcp=false'],
      /leave ingress\.transports\.udp and ingress\.transports\.tcp true/,
    ],
    [
      'no transport is left',
      [...GOOD, 'ingress.transports.tcp=false', 'ingress.transports.udp=false'],
      /no transport is left: set/,
    ],
    [
      'a pod would be killed while it drains',
      [...GOOD, 'ingress.drain.graceSeconds=254'],
      /graceSeconds 254 is shorter than the phases of an ending pod: set it to 255 or more, or to 0/,
    ],
    [
      'two would scale',
      [...GOOD, 'ingress.autoscaling.enabled=true', 'ingress.autoscaling.keda.enabled=true'],
      /would scale the same Deployment: set only one/,
    ],
    [
      'a DaemonSet would be scaled',
      ['ingress.exposure=HostNetwork', 'cache.url=redis://c', 'ingress.autoscaling.enabled=true'],
      /a DaemonSet has one pod per node; choose nodes with ingress\.nodeSelector/,
    ],
    ['KEDA has nobody to ask', [...GOOD, 'ingress.autoscaling.keda.enabled=true'], /serverAddress is required: set it/],
    ['fewer pods at most than at least', [...GOOD, 'ingress.autoscaling.maxReplicas=1'], /minReplicas is above maxRep/],
    [
      'source loss is allowed where there is none',
      ['ingress.exposure=ClusterIP', 'cache.url=redis://c', 'ingress.service.allowSourceLoss=true'],
      /has no effect with ingress\.exposure ClusterIP: leave it false/,
    ],
    [
      'one Service has annotations of two',
      [...GOOD, 'ingress.service.annotationsUDP.a=b'],
      /are for two Services: set ingress\.service\.split/,
    ],
    [
      'pods would be scraped twice',
      [...GOOD, 'metrics.podMonitor.enabled=true', 'metrics.serviceMonitor.enabled=true'],
      /would scrape the same pods twice: enable only one/,
    ],
    [
      'a variable of the chart is set again',
      [...GOOD, 'ingress.extraEnv[0].name=POD_NAME'],
      /ingress\.extraEnv sets POD_NAME, which the chart sets itself: use the value for it/,
    ],
    [
      'a variable would lose against a flag of the chart',
      [...GOOD, 'operator.extraEnv[0].name=SIP_DISPATCH_CACHE_PREFIX'],
      /operator\.extraEnv sets SIP_DISPATCH_CACHE_PREFIX, which the chart sets itself/,
    ],
    [
      'a variable is set twice',
      [...GOOD, 'ingress.extraEnv[0].name=TZ', 'ingress.extraEnv[1].name=TZ'],
      /ingress\.extraEnv sets TZ/,
    ],
    ['a value has another name', [...GOOD, 'ingress.replica=3'], /ingress.*'replica'/s],
    ['a value has another type', [...GOOD, 'ingress.replicas=three'], /ingress\/replicas.*got string, want integer/s],
    ['a network is a name', [...GOOD, 'ingress.nodeNetworks[0]=cafe'], /ingress\/nodeNetworks\/0.*pattern/s],
    ['a port needs rights', [...GOOD, 'ingress.ports.udp=506'], /ingress\/ports\/udp.*minimum/s],
    ['a URL has a password', [...GOOD.slice(0, 1), 'cache.url=redis://me:secret@cache'], /cache\/url.*pattern/s],
    [
      'a drain is longer than the ingress takes',
      [...GOOD, `ingress.drain.deadlineSeconds=${MAX_DRAIN_SECONDS + 1}`],
      /ingress\/drain\/deadlineSeconds.*maximum/s,
    ],
  ] as const)('%s', async (_, values, says) => {
    const { code, stdout, stderr } = await runHelm(renderArguments(values.flatMap((value) => ['--set', value])))
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(says)
  })

  it.each([
    ['a port for SIP is that of the metrics', 'ingress.ports.http=5060', /ingress\.ports\.http is 5060.*another one/],
    [
      'a label of all takes pods away',
      'commonLabels.app\\.kubernetes\\.io/component=x',
      /commonLabels sets app.*component/,
    ],
    ['a label of pods takes them away', 'operator.podLabels.app\\.kubernetes\\.io/name=x', /operator\.podLabels sets/],
    [
      'one constraint would be lost in a merge',
      'ingress.topologySpreadConstraints[0].topologyKey=a,ingress.topologySpreadConstraints[1].topologyKey=a',
      /ingress\.topologySpreadConstraints names a topologyKey twice/,
    ],
  ] as const)('%s', async (_, value, says) => {
    const { code, stderr } = await runHelm(renderArguments([...GOOD, value].flatMap((one) => ['--set', one])))
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(says) })
  })

  it('and with nothing more than an address and a cache it renders', async () => {
    const { code } = await runHelm(renderArguments(GOOD.flatMap((value) => ['--set', value])))
    expect(code).toBe(0)
  })
})

describeWith(['helm'], 'the drachtio-server of the chart', () => {
  it.each([
    ['is sent to no IPv6 backend', [], 'pass-over', false],
    ['is sent to IPv6 backends only as one that survives it', ['ingress.drachtio.ipv6Backends=true'], 'try', true],
  ] as const)('%s', async (_, values, word, survives) => {
    const set = [...GOOD, 'ingress.engine=drachtio', ...values].flatMap((value) => ['--set', value])
    const { stdout } = await runHelm(renderArguments(set))
    expect(stdout).toContain(`- --drachtio-ipv6-backends=${word}\n`)
    expect(stdout.includes('- --disable-nat-detection\n')).toBe(survives)
  })
})

describeWith(['helm'], 'values that a release lacks, as an older chart had none of them,', () => {
  it.each(VALUE_SETS)('have their defaults: %s', async (set) => {
    const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-values-'))
    try {
      const older = join(folder, 'sip-dispatch')
      cpSync(CHART, older, { recursive: true })
      writeFileSync(join(older, 'values.yaml'), '')
      const render = ['template', 'voice', older, '--namespace', NAMESPACE, '--values', valuesFile(set)]
      const { code, stdout, stderr } = await runHelm(render)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(goldenText(stdout)).toBe(goldenText(await renderedText(set)))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('are filled in by every template, since helm renders them in any order', () => {
    const templates = readdirSync(join(CHART, 'templates'), { recursive: true, encoding: 'utf8' })
    const whole = templates.filter((name) => /\.(yaml|txt)$/.test(name))
    expect(whole.length).toBeGreaterThan(10)
    for (const name of whole) {
      const [first] = readFileSync(join(CHART, 'templates', name), 'utf8').split('\n')
      expect({ name, first }).toEqual({ name, first: '{{- include "sip-dispatch.defaults" . -}}' })
    }
  })
})

describeWith(['helm'], 'a folder of a pod', () => {
  it.each(VALUE_SETS)('has a limit, which the largest table and its journal fit in twice: %s', async (set) => {
    const text = await renderedText(set)
    const folders = [...text.matchAll(/emptyDir: (.*)/g)].map(([, value]) => value)
    expect(folders.filter((value) => value === '{sizeLimit: 1Gi}')).toHaveLength(1)
    expect(folders.every((value) => /^\{sizeLimit: \d+[GM]i\}$/.test(String(value)))).toBe(true)
    expect(2 * (MAX_FILE_BYTES + MAX_JOURNAL_BYTES)).toBeLessThan(2 ** 30)
  })
})

describe('what the chart has from elsewhere', () => {
  it('has the version of the product', () => {
    const product: { version: string } = JSON.parse(readFileSync(join(CHART, '../../package.json'), 'utf8'))
    const chart = readFileSync(join(CHART, 'Chart.yaml'), 'utf8')
    expect(chart).toContain(`\nversion: ${product.version}\n`)
    expect(chart).toContain(`\nappVersion: ${product.version}\n`)
  })
})

describeWith(['helm'], 'the runbooks of the alerts', () => {
  async function runbooks(...more: readonly string[]): Promise<string[]> {
    const values = [...GOOD, 'metrics.rules.enabled=true', ...more].flatMap((value) => ['--set', value])
    const { stdout } = await runHelm(renderArguments(values))
    return [...stdout.matchAll(/runbook_url: (\S+)/g)].map(([, url = '']) => url)
  }

  it('of a chart from a checkout are files of the checkout', async () => {
    const paths = await runbooks()
    expect(paths.length).toBeGreaterThan(5)
    expect(paths.filter((path) => !existsSync(join(CHART, '../..', path)))).toEqual([])
  })

  it('are where the values say', async () => {
    const [first] = await runbooks('metrics.rules.runbooks=https://wiki.example.com/sip/')
    expect(first).toMatch(/^https:\/\/wiki\.example\.com\/sip\/SipDispatch\w+\.md$/)
  })
})
