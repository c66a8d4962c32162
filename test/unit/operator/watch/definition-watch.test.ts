import { expect, it } from '@jest/globals'
import { answerError } from '../../../../operator/api/api-error.ts'
import { createDefinitionWatch, type DefinitionWatch } from '../../../../operator/watch/definition-watch.ts'
import { fakeOperatorClock } from '../../../support/fake-operator-clock.ts'

const KIND = { group: 'sipdispatch.dev', kind: 'SipTrunk', version: 'v1alpha1' }
/** Of a trunk without any field. */
const OLD = { components: { schemas: { trunk: { 'x-kubernetes-group-version-kind': [KIND] } } } }

/** Longer than any pause between two looks. */
const NEXT_LOOK_MS = 60_000

interface Watched {
  readonly watch: DefinitionWatch
  readonly told: string[]
  readonly look: (answer: () => unknown) => Promise<void>
}

async function watched(first: () => unknown): Promise<Watched> {
  const clock = fakeOperatorClock()
  const told: string[] = []
  let answer = first
  const openApi = (): Promise<unknown> => Promise.resolve().then(() => answer())
  const watch = createDefinitionWatch({
    ...{ api: { openApi }, clock },
    onFault: (code, message) => told.push(`${code} ${message}`),
  })
  watch.start(() => told.push('change'))
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  await turn()
  return {
    watch,
    told,
    look: async (next) => {
      answer = next
      clock.advance(NEXT_LOOK_MS)
      await turn()
    },
  }
}

it('a definition that is old is told at each look, and its change once', async () => {
  const { watch, told, look } = await watched(() => OLD)
  expect([...watch.outdated]).toEqual(['SipTrunk'])
  expect(watch.fieldsDropped).toBe(true)
  expect(told).toEqual([
    expect.stringMatching(/^crd_outdated the CustomResourceDefinition of SipTrunk .* lacks spec;/),
    'change',
  ])
  await look(() => ({}))
  expect([...watch.outdated]).toEqual([])
  expect(watch.fieldsDropped).toBe(false)
  expect(told.slice(2)).toEqual(['change'])
  watch.stop()
})

it('a document that cannot be read changes nothing of what is known, and is told with the right that it needs', async () => {
  const { watch, told, look } = await watched(() => OLD)
  await look(() => {
    throw answerError({ status: 403, retryAfter: undefined, body: '' })
  })
  expect(watch.fieldsDropped).toBe(true)
  expect(told.at(-1)).toMatch(/^crd_unread .*403.*system:discovery$/)
  watch.stop()
})

it('nothing that is served is nothing that is old: who watches the objects says that they are missing', async () => {
  const { watch, told } = await watched(() => {
    throw answerError({ status: 404, retryAfter: undefined, body: '' })
  })
  expect({ told, dropped: watch.fieldsDropped }).toEqual({ told: [], dropped: false })
  watch.stop()
})

it('a watch that was stopped looks no more', async () => {
  const { watch, told, look } = await watched(() => ({}))
  watch.stop()
  await look(() => OLD)
  expect(told).toEqual([])
})
