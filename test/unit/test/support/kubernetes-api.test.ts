import { expect, it } from '@jest/globals'
import { kubernetesApi } from '../../../support/kubernetes-api.ts'
import { describeWith } from '../../../support/real-part.ts'

describeWith(['kubernetes'], 'the API server that a run shares', () => {
  it('is one and the same for every caller', async () => {
    const [first, second] = await Promise.all([kubernetesApi(), kubernetesApi()])
    expect(second.url).toBe(first.url)
  })
})
