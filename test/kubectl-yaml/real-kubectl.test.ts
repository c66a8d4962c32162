/**
 * The real kubectl still makes of the cases what the file says. `UPDATE_GOLDEN=1` writes the file anew; read the difference
 * before it is kept.
 */
import { expect, it } from '@jest/globals'
import { createFileProblems } from '../../operator/watch/file-problems.ts'
import { manifestDocuments } from '../../operator/watch/manifest-document.ts'
import { kubernetesApi } from '../support/kubernetes-api.ts'
import { describeWith } from '../support/real-part.ts'
import { updatesReading } from './config.ts'
import { kubectlReading } from './kubectl-reading.ts'
import { keepReading, keptReading } from './reading-fixture.ts'

const TEST_LIMIT_MS = 600_000

/** Numbers and words in many forms, in fields that take them, under anchors, aliases and merges. */
const RULE = `apiVersion: sipdispatch.dev/v1alpha1
kind: DispatchRule
metadata: {name: forms}
spec:
  priority: 0144
  match: {called: [&number {exact: '0049'}]}
  action:
    type: Route
    route:
      backends:
        - &backend {uri: 'sip:10.0.0.1:5060', weight: 0x1_0, tier: 0b1}
        - {<<: *backend, uri: 'sip:10.0.0.2:5060', weight: 1e1}
        - {weight: 1, <<: *backend, uri: 'sip:10.0.0.3:5060', tier: +0o7}
        - service: {name: agents, port: 5_060}
`

describeWith(['kubernetes'], 'kubectl', () => {
  it(
    'makes of every case what the file says',
    async () => {
      const reading = await kubectlReading()
      if (updatesReading()) keepReading(reading)
      expect(JSON.parse(JSON.stringify(reading))).toEqual(keptReading())
    },
    TEST_LIMIT_MS,
  )

  it(
    'has stored of a rule what our reader makes of it',
    async () => {
      const api = await kubernetesApi()
      const namespace = await api.namespace()
      const created = await api.kubectl(['create', '-n', namespace, '-f', '-', '-o', 'json'], { input: RULE })
      expect(created.stderr).toBe('')
      const [document] = manifestDocuments(RULE, 'rule.yaml', createFileProblems('rule.yaml'))
      const stored: unknown = JSON.parse(created.stdout)
      expect(stored).toMatchObject(JSON.parse(JSON.stringify(document?.value)))
      expect(stored).toMatchObject({
        spec: {
          priority: 100,
          action: { route: { backends: [{ weight: 16 }, { weight: 10 }, { weight: 16, tier: 7 }, {}] } },
        },
      })
    },
    TEST_LIMIT_MS,
  )
})
