import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { removeDefinitions, untilDefinitionsGone } from '../../../support/definition-removal.ts'
import { type PrivateKubernetesApi, startKubernetesApi } from '../../../support/kubernetes-api.ts'
import { describeWith } from '../../../support/real-part.ts'

const TEST_LIMIT_MS = 600_000

const TRUNKS = 'siptrunks.sipdispatch.dev'

describeWith(['kubernetes'], 'the removal of definitions', () => {
  let api: PrivateKubernetesApi

  beforeAll(async () => {
    api = await startKubernetesApi()
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await api.stop()
  }, TEST_LIMIT_MS)

  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await api.kubectl(args)
    if (code !== 0) throw new Error(stderr)
    return stdout
  }

  const finalizers = (value: readonly string[] | null): Promise<string> =>
    kubectl('patch', 'crd', TRUNKS, '--type=merge', `--patch=${JSON.stringify({ metadata: { finalizers: value } })}`)

  it(
    'wakes one that stays in deletion, and resolves when it is gone and what deletes has ended',
    async () => {
      await finalizers(['sipdispatch.dev/held'])
      let resolved = false
      const removing = untilDefinitionsGone(api, () => kubectl('delete', '--wait=false', 'crd', TRUNKS)).then(
        (said) => {
          resolved = true
          return said
        },
      )
      const woken = "{.metadata.annotations['test\\.sipdispatch\\.dev/woken-at']}"
      while ((await kubectl('get', 'crd', TRUNKS, `--output=jsonpath=${woken}`)) === '') expect(resolved).toBe(false)
      await finalizers(null)
      expect(await removing).toContain(`"${TRUNKS}" deleted`)
      expect(await kubectl('get', 'crd', '--output=name')).not.toContain(TRUNKS)
    },
    TEST_LIMIT_MS,
  )

  it(
    'rejects with what the removal says where it fails',
    async () => {
      await expect(untilDefinitionsGone(api, () => kubectl('delete', 'crd', 'no.such'))).rejects.toThrow('NotFound')
    },
    TEST_LIMIT_MS,
  )

  it(
    'removes all, and does nothing where there is none',
    async () => {
      await removeDefinitions(api)
      expect(await kubectl('get', 'crd', '--output=name')).toBe('')
      await removeDefinitions(api)
    },
    TEST_LIMIT_MS,
  )
})
