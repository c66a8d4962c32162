/**
 * The page about running a release, command by command, as it stands there, against a real API server and a real cache. What
 * only a node could do is done in its place: running the pods' commands.
 */
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { findKubernetesParts } from '../../scripts/kubernetes-parts.mjs'
import { type Cluster, kubectlOf, type RunningRelease, runRelease } from '../helm/release.ts'
import { untilDefinitionsGone } from '../support/definition-removal.ts'
import { startKubernetesApi } from '../support/kubernetes-api.ts'
import { describeWith } from '../support/real-part.ts'
import { startRedisServer } from '../support/redis-server.ts'
import { commandsOf, ROOT, readPage } from './commands-of-page.ts'
import { startShell } from './commands-shell.ts'

const TEST_LIMIT_MS = 600_000

const SECRET = ['--namespace', 'telephony', 'secret/phone-sip-dispatch-keys'] as const

describeWith(['helm', 'kubernetes', 'redis'], 'the commands of', () => {
  let cluster: Cluster
  let folder: string
  let release: RunningRelease | undefined
  /** Variables that the commands have set. */
  let variables: Record<string, string>

  beforeEach(async () => {
    const [api, redis] = await Promise.all([startKubernetesApi({ resources: 'none' }), startRedisServer()])
    cluster = { api, redis }
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-pages-'))
    variables = {}
    for (const name of ['helm', 'crds']) symlinkSync(join(ROOT, name), join(folder, name))
  }, TEST_LIMIT_MS)

  afterEach(async () => {
    await release?.stop()
    release = undefined
    await cluster.redis.stop()
    await cluster.api.stop()
    rmSync(folder, { recursive: true })
  }, TEST_LIMIT_MS)

  const kubectl = (...args: readonly string[]): Promise<string> => kubectlOf(cluster, ...args)

  /** As its reader does, in a folder with the sources; a variable that it sets is there for those that follow. */
  async function run(command: string): Promise<string> {
    const [, name, value] = /^([A-Z]+)=(.*)$/.exec(command) ?? []
    const text = name === undefined ? command : `printf %s "${value}"`
    const { folder: parts = '' } = findKubernetesParts()
    const environment = { HOME: folder, KUBECONFIG: cluster.api.kubeconfig, ...variables }
    const shell = startShell(text, { folder, path: [parts], environment })
    const code = await shell.ended
    if (code !== 0) throw new Error(`PAGE_COMMAND: ${command} ended with ${code}: ${shell.said()}`)
    if (name !== undefined) variables[name] = shell.said()
    return shell.said()
  }

  it(
    'docs/operations.md upgrade, rotate, back up, restore and remove a release, and nothing is left behind',
    async () => {
      await run(
        'helm install phone helm/sip-dispatch --namespace telephony --create-namespace ' +
          `--set ingress.advertise.external=sip.example.com --set cache.url=${cluster.redis.url}`,
      )
      await kubectl('wait', '--for=condition=Established', '--timeout=120s', 'crd', '--all')
      release = await runRelease(cluster)
      await kubectl('apply', '--namespace', 'telephony', '-f', `${ROOT}examples/standalone`)
      await kubectl('wait', '--namespace', 'telephony', '--for=condition=Programmed', 'dispatchrule', '--all')
      const commands = commandsOf(readPage('docs/operations.md')).map((command) =>
        command.replaceAll('redis://cache.example.com:6379', cluster.redis.url),
      )
      expect(commands).toHaveLength(21)
      await upgrade(commands.slice(0, 4))
      // Then two that hand a number of pods over: test/helm/capacity.test.ts runs them.
      await rotate(commands.slice(6, 11))
      await backUpAndRestore(commands.slice(11, 15))
      await release.stop()
      release = undefined
      await remove(commands.slice(15))
    },
    TEST_LIMIT_MS,
  )

  async function upgrade([
    upgrade = '',
    history = '',
    rollback = '',
    definitions = '',
  ]: readonly string[]): Promise<void> {
    await run(upgrade)
    expect(await run(history)).toMatch(/superseded[\s\S]*deployed.*Upgrade complete/)
    await run(rollback)
    expect(await run(history)).toMatch(/deployed.*Rollback to 1/)
    // Helm owns the fields: without it there is nobody to ask.
    await run(`${definitions} --force-conflicts`)
  }

  async function rotate([fresh = '', old = '', announce = '', swap = '', end = '']: readonly string[]): Promise<void> {
    const data = async (): Promise<Record<string, string>> =>
      JSON.parse(await kubectl('get', ...SECRET, '--output=jsonpath={.data}'))
    const before = (await data())['cookie.current']
    await run(fresh)
    await run(old)
    expect([variables['OLD'], Buffer.from(variables['NEW'] ?? '', 'base64').length]).toEqual([before, 32])
    await run(announce)
    expect(await data()).toMatchObject({ 'cookie.current': before, 'cookie.previous': variables['NEW'] })
    await run(swap)
    expect(await data()).toMatchObject({ 'cookie.current': variables['NEW'], 'cookie.previous': before })
    await run(end)
    expect(await data()).toMatchObject({ 'cookie.current': variables['NEW'] })
    expect(await data()).not.toHaveProperty(['cookie.previous'])
  }

  async function backUpAndRestore([rules = '', keys = '', restoreKeys = '', restoreRules = '']: readonly string[]) {
    const names = () => kubectl('get', 'siptrunks,dispatchrules', '--all-namespaces', '--output=name')
    const before = await names()
    expect(before.split('\n').length).toBeGreaterThan(3)
    await run(rules)
    await run(keys)
    expect(readFileSync(join(folder, 'keys.yaml'), 'utf8')).toContain(String(variables['NEW']))
    await kubectl('delete', 'siptrunks,dispatchrules', '--all', '--namespace', 'telephony')
    await kubectl('delete', ...SECRET)
    expect(await names()).toBe('')
    await run(restoreKeys)
    await run(restoreRules)
    expect(await names()).toBe(before)
    const current = await kubectl('get', ...SECRET, '--output=jsonpath={.data.cookie\\.current}')
    expect(current).toBe(variables['NEW'])
  }

  async function remove([uninstall = '', ...rest]: readonly string[]): Promise<void> {
    const inCache = () => cluster.redis.command('keys', '*')
    await run(uninstall)
    expect(await inCache()).toContain('{telephony.phone-sip-dispatch}:head')
    await untilDefinitionsGone(cluster.api, async () => {
      for (const command of rest) await run(command)
    })
    expect((await inCache()).trim()).toBe('')
    const kinds = 'deployments,services,secrets,leases,serviceaccounts,configmaps,roles,rolebindings,pods'
    const left = await kubectl('get', kinds, '--namespace', 'telephony', '--output=name')
    // Kubernetes' own, of every namespace.
    expect(left.trim().split('\n')).toEqual(left.includes('kube-root-ca.crt') ? ['configmap/kube-root-ca.crt'] : [''])
    expect(await kubectl('get', 'crd,clusterroles,clusterrolebindings', '--output=name')).not.toContain('sip-dispatch')
    const once = 'crd,validatingadmissionpolicies,validatingadmissionpolicybindings'
    expect(await kubectl('get', once, '--output=name')).not.toContain('sipdispatch')
  }
})
