/** Alerts and dashboards of two releases beside each other. */
import { expect, it } from '@jest/globals'
import { CHART, runHelm } from '../support/helm.ts'
import { describeWith } from '../support/real-part.ts'
import { type Manifest, manifestsOf } from './chart-values.ts'

/** What Grafana takes. */
const MAX_UID = 40

const LONG = 'a-release-with-a-name-of-nearly-fifty-two-letters'

interface Release {
  readonly name: string
  readonly namespace: string
}

interface Rendered {
  readonly dashboards: readonly { readonly uid: string; readonly title: string; readonly text: string }[]
  readonly rules: string
  /** What operator and ingress are told. */
  readonly installations: readonly string[]
}

async function rendered({ name, namespace }: Release): Promise<Rendered> {
  const on = ['rules', 'dashboards'].flatMap((part) => ['--set', `metrics.${part}.enabled=true`])
  const values = ['--set', 'cache.url=redis://cache:6379,ingress.advertise.external=sip.example.com', ...on]
  const { code, stdout, stderr } = await runHelm(['template', name, CHART, '--namespace', namespace, ...values])
  if (code !== 0) throw new Error(`HELM_TEMPLATE: ${stderr}`)
  const manifests = manifestsOf(stdout)
  const texts = manifests.filter(({ metadata }) => metadata.name.includes('-dashboard-')).flatMap(dataOf)
  return {
    dashboards: texts.map((text) => ({ ...JSON.parse(text), text })),
    rules: JSON.stringify(manifests.find(({ kind }) => kind === 'PrometheusRule')),
    installations: [...stdout.matchAll(/--installation=(\S+)/g)].map(([, value = '']) => value),
  }
}

function dataOf({ data }: Manifest): string[] {
  return Object.values(data as Readonly<Record<string, string>>)
}

const RELEASES: readonly Release[] = [
  { name: 'phone', namespace: 'voice' },
  { name: 'fax', namespace: 'voice' },
  { name: 'phone', namespace: 'lab' },
  { name: LONG, namespace: 'a-namespace-of-nearly-sixty-three-letters-as-long-as-they-come' },
]

describeWith(['helm'], 'the alerts and dashboards of a release', () => {
  it.each(RELEASES)('$name in $namespace are its own, as its processes call it', async (release) => {
    const { dashboards, rules, installations } = await rendered(release)
    const [installation = ''] = installations
    expect(installations).toEqual([installation, installation])
    expect(installation.startsWith(`${release.namespace}/`)).toBe(true)
    expect(dashboards).toHaveLength(3)
    for (const { uid, title, text } of dashboards) {
      expect(uid).toMatch(new RegExp(`^[A-Za-z0-9_-]{1,${MAX_UID}}$`))
      expect(title).toContain(`(${installation})`)
      expect(text).not.toMatch(/INSTALLATION|RUNBOOKS/)
    }
    expect(rules).not.toMatch(/INSTALLATION|RUNBOOKS/)
    const uids = dashboards.map(({ uid }) => uid)
    const linked = [rules, ...dashboards.map(({ text }) => text)].flatMap((text) => [
      ...text.matchAll(/\/d\/([\w-]+)/g),
    ])
    expect(linked.length).toBeGreaterThan(20)
    expect(linked.filter(([, uid = '']) => !uids.includes(uid))).toEqual([])
  })

  it('share no uid and no title with those of another', async () => {
    const all = await Promise.all(RELEASES.map(rendered))
    const dashboards = all.flatMap((one) => one.dashboards)
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length)
    expect(new Set(dashboards.map(({ title }) => title)).size).toBe(dashboards.length)
  })
})
