/** The install command of the README, as it stands there, against a real API server. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { CHART, runHelm } from '../support/helm.ts'
import { type PrivateKubernetesApi, startKubernetesApi } from '../support/kubernetes-api.ts'
import { describeWith } from '../support/real-part.ts'

const TEST_LIMIT_MS = 600_000

const README = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8')

describeWith(['helm', 'kubernetes'], "the README's section about Helm", () => {
  let api: PrivateKubernetesApi

  beforeAll(async () => {
    api = await startKubernetesApi({ resources: 'none' })
  }, TEST_LIMIT_MS)

  afterAll(() => api.stop(), TEST_LIMIT_MS)

  it(
    'installs the chart, and uninstalling leaves what it says',
    async () => {
      const [, section = ''] = README.split('\n## With Helm\n')
      const [, command = ''] = /```sh\nhelm ([^`]*)```/.exec(section) ?? []
      const words = command.replaceAll('\\\n', ' ').trim().split(/\s+/)
      const args = words.map((word) => (word === 'helm/sip-dispatch' ? CHART : word))
      expect(args.slice(0, 3)).toEqual(['install', 'phone', CHART])
      expect(await runHelm(args, api.kubeconfig)).toMatchObject({ code: 0 })
      const get = ['--namespace', 'telephony', 'get', 'deployments', '--output=name']
      expect((await api.kubectl(get)).stdout.trim().split('\n').toSorted()).toEqual([
        'deployment.apps/phone-sip-dispatch-ingress',
        'deployment.apps/phone-sip-dispatch-operator',
      ])
      expect(await runHelm(['uninstall', 'phone', '--namespace', 'telephony'], api.kubeconfig)).toMatchObject({
        code: 0,
      })
      expect((await api.kubectl(get)).stdout).toBe('')
      const definitions = await api.kubectl([
        'get',
        'crd',
        'siptrunks.sipdispatch.dev',
        'dispatchrules.sipdispatch.dev',
      ])
      expect(definitions.code).toBe(0)
    },
    TEST_LIMIT_MS,
  )
})
