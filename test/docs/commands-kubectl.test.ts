/**
 * The kubectl commands of the documentation, against a real API server. It has no nodes: of a log only the way to it is
 * shown, and that the ingress writes what is looked for in it.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { findKubernetesParts } from '../../scripts/kubernetes-parts.mjs'
import { type KubernetesApi, kubernetesApi } from '../support/kubernetes-api.ts'
import { describeWith } from '../support/real-part.ts'
import { ROOT, readPage } from './commands-of-page.ts'
import { startShell } from './commands-shell.ts'
import { commandsRunBy } from './commands-table.ts'

const TEST_LIMIT_MS = 600_000

const POD = 'ingress-0'

const commands = commandsRunBy('kubectl')

describeWith(['kubernetes'], 'a documented kubectl command', () => {
  let api: KubernetesApi
  let namespace = ''

  beforeAll(async () => {
    api = await kubernetesApi()
    namespace = await api.namespace()
    await kubectl('apply', '-f', `${ROOT}examples/standalone`)
    await kubectl('create', 'serviceaccount', 'default')
    await kubectl('run', POD, '--image=example.com/none')
  }, TEST_LIMIT_MS)

  async function kubectl(...args: readonly string[]): Promise<void> {
    const { code, stderr } = await api.kubectl(['--namespace', namespace, ...args])
    expect({ code, stderr }).toMatchObject({ code: 0 })
  }

  /** Runs it in the namespace of this test, with names of what is there in place of those in capitals. */
  async function run(command: string): Promise<{ code: number | null; said: string }> {
    const names = { POD, NAME: 'premium-numbers', SERVICE: 'kubernetes', NAMESPACE: namespace }
    const named = Object.entries(names).reduce(
      (text, [name, value]) => text.replace(new RegExp(`(?<=[ =])${name}(?= |$)`), value),
      command,
    )
    const own = named.replace(/^kubectl /, `kubectl --namespace ${namespace} `)
    const { folder = '' } = findKubernetesParts()
    const place = { folder: ROOT, path: [folder], environment: { KUBECONFIG: api.kubeconfig } }
    const { ended, said } = startShell(own, place)
    return { code: await ended, said: said() }
  }

  it.each(commands)(
    '%s is what kubectl understands',
    async (command) => {
      // What stands behind a | is about the log, which only a node would have.
      const [asking = ''] = command.split(' | ')
      expect(await run(asking)).toMatchObject({ code: 0 })
    },
    TEST_LIMIT_MS,
  )
})

/** All `key=value` of selectors about pods of the chart. */
function podLabels(all: readonly string[]): string[] {
  return all.flatMap((command) =>
    [...command.matchAll(/app\.kubernetes\.io\/[\w.-]+=[\w.-]+/g)].map(([label]) => label),
  )
}

/** Messages of log lines that filters look for. */
function soughtMessages(all: readonly string[]): string[] {
  return all.flatMap((command) => [...command.matchAll(/"msg":"([^"]+)"/g)].map(([, message = '']) => message))
}

describe('a documented kubectl command', () => {
  it('selects pods by labels that the chart gives them', () => {
    const golden = readdirSync(join(ROOT, 'test/helm/golden')).map((file) => readPage(`test/helm/golden/${file}`))
    const labels = podLabels(commands)
    expect(labels).toContain('app.kubernetes.io/component=ingress')
    expect(labels.filter((label) => !golden.some((text) => text.includes(label.replace('=', ': '))))).toEqual([])
  })

  it('looks for messages that the log has', () => {
    const files = readdirSync(join(ROOT, 'ingress'), { recursive: true, encoding: 'utf8' })
    const code = files.filter((file) => file.endsWith('.ts')).map((file) => readPage(`ingress/${file}`))
    const messages = soughtMessages(commands)
    expect(messages).toContain('call unanswered')
    expect(messages.filter((message) => !code.some((text) => text.includes(`'${message}'`)))).toEqual([])
  })
})
