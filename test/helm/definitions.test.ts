/** Resource definitions are there once in a cluster: who has them, who leaves them alone, and what keeps them. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals'
import { removeDefinitions, untilDefinitionsGone } from '../support/definition-removal.ts'
import { CHART, runHelm } from '../support/helm.ts'
import { type PrivateKubernetesApi, startKubernetesApi } from '../support/kubernetes-api.ts'
import { dispatchRule, manifestText } from '../support/manifest-text.ts'
import { eventually } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'
import { kubectlOf } from './release.ts'

const TEST_LIMIT_MS = 600_000

const DEFINITIONS = ['dispatchrules.sipdispatch.dev', 'siptrunks.sipdispatch.dev']

const CRDS = join(CHART, '../../crds')

const GOOD = ['--set', 'ingress.advertise.external=sip.example.com,cache.url=redis://cache.example.com']

describeWith(['helm', 'kubernetes'], 'the resource definitions', () => {
  let api: PrivateKubernetesApi
  let folder: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-definitions-'))
    api = await startKubernetesApi({ resources: 'none' })
    for (const name of ['telephony', 'voice']) await kubectl('create', 'namespace', name)
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await api.stop()
    rmSync(folder, { recursive: true })
  }, TEST_LIMIT_MS)

  afterEach(async () => {
    for (const namespace of ['telephony', 'voice']) {
      const { stdout } = await runHelm(['list', '--short', '--namespace', namespace], api.kubeconfig)
      for (const release of stdout.split('\n').filter((one) => one !== '')) await helm(namespace, 'uninstall', release)
    }
    await removeDefinitions(api)
    await kubectl('delete', 'validatingadmissionpolicies,validatingadmissionpolicybindings', '--all')
  }, TEST_LIMIT_MS)

  const kubectl = (...args: readonly string[]): Promise<string> => kubectlOf({ api }, ...args)

  async function helm(namespace: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runHelm([...args, '--namespace', namespace], api.kubeconfig)
    if (code !== 0) throw new Error(`HELM_FAILED: ${args.join(' ')}: ${stderr}`)
    return stdout
  }

  const install = (namespace: string, name: string, ...args: readonly string[]): Promise<string> =>
    helm(namespace, 'install', name, CHART, ...GOOD, ...args)

  /** Which release helm takes each definition for. */
  const owners = async (): Promise<string[]> => {
    const path = '{range .items[*]}{.metadata.annotations.meta\\.helm\\.sh/release-name}{"\\n"}{end}'
    return (await kubectl('get', 'crd', `--output=jsonpath=${path}`)).split('\n').slice(0, -1)
  }

  /** A copy of the chart whose DispatchRule has one field more. */
  function nextChart(): string {
    const copy = join(folder, basename(CHART))
    cpSync(CHART, copy, { recursive: true })
    const path = join(copy, 'files/crds/dispatchrules.yaml')
    const text = readFileSync(path, 'utf8')
    const changed = text.replace(
      /(\n +)(properties:\n)( +)(action:|match:|priority:|trunkRefs:)/,
      '$1$2$3newcomer: {type: string}\n$3$4',
    )
    expect(changed).not.toBe(text)
    writeFileSync(path, changed)
    return copy
  }

  const rulesHave = async (field: string): Promise<boolean> =>
    (await kubectl('get', 'crd/dispatchrules.sipdispatch.dev', '--output=yaml')).includes(`${field}:`)

  async function applyRule(namespace: string): Promise<void> {
    await kubectl('wait', '--for=condition=Established', '--timeout=120s', 'crd', '--all')
    const input = manifestText([dispatchRule('mine', '+15550000800', { type: 'Reject', reject: { status: 486 } })])
    await eventually(
      async () => {
        const { code } = await api.kubectl(['-n', namespace, 'apply', '--server-side', '--filename=-'], { input })
        return code === 0 ? true : undefined
      },
      () => 'a rule is not accepted',
    )
  }

  const rules = (namespace: string): Promise<string> => kubectl('get', 'drule', '-n', namespace, '--output=name')

  it(
    'may be there before the first release, which says so and leaves them alone',
    async () => {
      await kubectl('apply', '--server-side', '--filename', CRDS)
      await applyRule('telephony')
      const notes = await install('telephony', 'phone')
      for (const name of DEFINITIONS) expect(notes).toContain(`${name}, of no release\n`)
      expect(notes).toContain('Do not delete them')
      expect(notes).toMatch(/helm upgrade phone CHART .* --take-ownership --set crds\.takeOver=true/)
      expect(await owners()).toEqual(['', ''])
      await helm('telephony', 'upgrade', 'phone', nextChart(), '--reuse-values')
      expect(await rulesHave('newcomer')).toBe(false)
      await helm('telephony', 'uninstall', 'phone')
      expect(await rules('telephony')).toBe('dispatchrule.sipdispatch.dev/mine\n')
    },
    TEST_LIMIT_MS,
  )

  it(
    'belong to the first of two releases, which upgrades them; the second one does not, nor takes them along',
    async () => {
      await install('telephony', 'phone')
      const notes = await install('voice', 'fax')
      for (const name of DEFINITIONS) expect(notes).toContain(`${name}, of release phone in namespace telephony\n`)
      await applyRule('voice')
      expect(await owners()).toEqual(['phone', 'phone'])
      await helm('voice', 'upgrade', 'fax', nextChart(), '--reuse-values')
      expect(await rulesHave('newcomer')).toBe(false)
      const own = await helm('telephony', 'upgrade', 'phone', nextChart(), '--reuse-values')
      expect(own).not.toContain('Resource definitions were there already')
      expect(await rulesHave('newcomer')).toBe(true)
      expect(await helm('voice', 'upgrade', 'fax', CHART, '--reuse-values')).toContain(
        "dispatchrules.sipdispatch.dev, of release phone in namespace telephony; its schema is NOT this chart's",
      )
      await helm('voice', 'uninstall', 'fax')
      await helm('telephony', 'uninstall', 'phone')
      expect(await rules('voice')).toBe('dispatchrule.sipdispatch.dev/mine\n')
    },
    TEST_LIMIT_MS,
  )

  it.each(['true', 'false'])(
    'go over to a release of another name where somebody says so, with --server-side=%s',
    async (way) => {
      const serverSide = `--server-side=${way}`
      await install('telephony', 'phone', serverSide)
      await applyRule('voice')
      await helm('telephony', 'uninstall', 'phone')
      await install('voice', 'voip', serverSide)
      expect(await owners()).toEqual(['phone', 'phone'])
      await helm(
        'voice',
        ...['upgrade', 'voip', CHART, '--reset-then-reuse-values', '--take-ownership', '--set', 'crds.takeOver=true'],
      )
      expect(await owners()).toEqual(['voip', 'voip'])
      await helm('voice', 'upgrade', 'voip', nextChart(), '--reset-then-reuse-values', '--set', 'crds.takeOver=false')
      expect(await rulesHave('newcomer')).toBe(true)
      expect(await rules('voice')).toBe('dispatchrule.sipdispatch.dev/mine\n')
    },
    TEST_LIMIT_MS,
  )

  it(
    'are not deleted by the release that had them when it is upgraded after another one took them over',
    async () => {
      await install('telephony', 'phone')
      await applyRule('voice')
      await install('voice', 'voip', '--take-ownership', '--set', 'crds.takeOver=true')
      expect(await owners()).toEqual(['voip', 'voip'])
      const notes = await helm('telephony', 'upgrade', 'phone', CHART, '--reuse-values')
      expect(notes).toContain('dispatchrules.sipdispatch.dev, of release voip in namespace voice\n')
      await helm('telephony', 'uninstall', 'phone')
      expect(await owners()).toEqual(['voip', 'voip'])
      expect(await rules('voice')).toBe('dispatchrule.sipdispatch.dev/mine\n')
    },
    TEST_LIMIT_MS,
  )

  it(
    'are deleted by nobody who has not said that every rule may go with them',
    async () => {
      await install('telephony', 'phone')
      await applyRule('voice')
      const refused = (args: readonly string[]) => async () => {
        const { code, stderr } = await api.kubectl(['delete', ...args])
        return code !== 0 && stderr.includes('sipdispatch.dev/allow-deletion=true') ? stderr : undefined
      }
      const tried = ['crd', 'dispatchrules.sipdispatch.dev', '--wait=false']
      const says = await eventually(refused([...tried, '--dry-run=server']), () => 'a deletion is not refused')
      expect(says).toContain('every object of kind DispatchRule in the cluster would be deleted')
      const collection = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
      for (const args of [tried, ['crd', '--all', '--wait=false'], ['--raw', collection]]) {
        expect(await refused(args)()).toContain('allow-deletion')
      }
      await helm('telephony', 'upgrade', 'phone', CHART, '--reuse-values', '--set', 'crds.enabled=false')
      await helm('telephony', 'uninstall', 'phone')
      expect(await refused(tried)()).toContain('allow-deletion')
      expect(await rules('voice')).toBe('dispatchrule.sipdispatch.dev/mine\n')
      await kubectl('annotate', 'crd', 'dispatchrules.sipdispatch.dev', 'sipdispatch.dev/allow-deletion=true')
      await untilDefinitionsGone(api, () => kubectl('delete', ...tried))
      expect(await kubectl('get', 'crd', '--output=name')).not.toContain('dispatchrules')
    },
    TEST_LIMIT_MS,
  )

  it(
    'go with the release where they are not to be kept, and nothing is left',
    async () => {
      await install('telephony', 'phone', '--set', 'crds.keep=false')
      await applyRule('voice')
      await untilDefinitionsGone(api, () => helm('telephony', 'uninstall', 'phone'))
      const left = 'crd,validatingadmissionpolicies,validatingadmissionpolicybindings'
      expect(await kubectl('get', left, '--output=name')).toBe('')
    },
    TEST_LIMIT_MS,
  )
})
