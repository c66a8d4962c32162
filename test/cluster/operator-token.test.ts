/** An operator whose ServiceAccount token stops being accepted while it works: calls go on, and a new token heals it. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { runCommand } from '../support/command-line.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'
import { type SteadyCaller, startSteadyCaller } from '../support/steady-caller.ts'

const TEST_LIMIT_MS = 600_000

const RIGHTS = fileURLToPath(new URL('../../operator/rbac.yaml', import.meta.url))

const STEADY = '+15550000700'

const rejecting = (status: number): object => ({ type: 'Reject', reject: { status } })

describeWith(['kubernetes', 'redis'], 'an operator whose token is revoked', () => {
  let cluster: Cluster
  let operator: OperatorProcess
  let caller: SteadyCaller
  let kubeconfig: string

  beforeEach(async () => {
    cluster = await startCluster()
    const { namespace } = cluster
    await cluster.kubectl('apply', '--filename', RIGHTS)
    const grant = ['--role=sip-dispatch-operator', `--serviceaccount=${namespace}:operator`]
    await cluster.kubectl('create', 'rolebinding', 'operator', ...grant)
    const everywhere = ['--clusterrole=sip-dispatch-operator', `--serviceaccount=${namespace}:operator`]
    await cluster.kubectl('create', 'clusterrolebinding', `token-${namespace}`, ...everywhere)
    kubeconfig = await accessFile()
    operator = await cluster.operator({ kubeconfig })
    await cluster.apply(sipTrunk('carrier', { sources: ['127.0.0.1'] }), dispatchRule('steady', STEADY, rejecting(486)))
    await cluster.reason('drule/steady', 'Programmed', 'Programmed')
    caller = await startSteadyCaller(STEADY, cluster.ingress.udp, [cluster.ingress])
  }, TEST_LIMIT_MS)

  afterEach(async () => {
    caller.close()
    await cluster.kubectl('delete', 'clusterrolebinding', `token-${cluster.namespace}`)
    await cluster.stop()
  }, TEST_LIMIT_MS)

  /** A kubeconfig with a new token; the ServiceAccount is made where it is missing. */
  async function accessFile(): Promise<string> {
    return cluster.api.kubeconfigWith({ token: await newToken() })
  }

  async function newToken(): Promise<string> {
    return cluster.api.serviceAccountToken({ namespace: cluster.namespace, name: 'operator' })
  }

  /** The old token is refused, another takes its place, and a change of that time comes through. */
  async function healsWith(replace: () => Promise<void>): Promise<void> {
    await cluster.kubectl('delete', 'serviceaccount', 'operator')
    const { problem } = await operator.said(({ code }) => code === 'lease-failed')
    expect(problem).toMatch(/401|Unauthorized/)
    await replace()
    await cluster.apply(dispatchRule('after', '+15550000701', rejecting(404)))
    expect(await cluster.answered('+15550000701', 404)).toBe(404)
    await cluster.reason('drule/after', 'Programmed', 'Programmed')
  }

  it(
    'says so, loses no call, and goes on by itself with the token that takes its place in the kubeconfig',
    async () => {
      await healsWith(async () => copyFileSync(await accessFile(), kubeconfig))
      expect(await caller.end()).toEqual({ lost: [], statuses: [486] })
    },
    TEST_LIMIT_MS,
  )

  describe('of a tokenFile', () => {
    let folder: string

    beforeEach(async () => {
      await operator.stop()
      folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-token-'))
      const config = JSON.parse(readFileSync(kubeconfig, 'utf8'))
      config.users[0].user = { tokenFile: 'token' }
      writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(config))
    }, TEST_LIMIT_MS)

    afterEach(() => rmSync(folder, { recursive: true }))

    it(
      'works as whom the file says, and with what the file says next',
      async () => {
        writeFileSync(join(folder, 'token'), await newToken())
        operator = await cluster.operator({ kubeconfig: join(folder, 'kubeconfig') })
        await cluster.apply(dispatchRule('before', '+15550000702', rejecting(404)))
        await cluster.reason('drule/before', 'Programmed', 'Programmed')
        await healsWith(async () => writeFileSync(join(folder, 'token'), `${await newToken()}\n`))
        expect(await caller.end()).toEqual({ lost: [], statuses: [486] })
        expect(operator.log.filter(({ problem }) => String(problem).includes('anonymous'))).toEqual([])
      },
      TEST_LIMIT_MS,
    )

    it(
      'does not start without the file, and says which one is missing',
      async () => {
        const flags = ['--cache', cluster.redis.url, '--http', '127.0.0.1:0']
        const { code, errors } = await runCommand(['operator', ...flags, '--kubeconfig', join(folder, 'kubeconfig')])
        expect({ code, errors }).toEqual({
          code: 1,
          errors: expect.stringMatching(
            /the token file \S+\/token cannot be read: ENOENT.*correct its path in the kubec/,
          ),
        })
      },
      TEST_LIMIT_MS,
    )
  })
})
