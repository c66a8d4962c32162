import { describe, expect, it } from '@jest/globals'
import { createLogger } from '../../../ingress/log/logger.ts'
import { type ObjectConditions, objectConditions } from '../../../operator/compile/object-conditions.ts'
import type { ManifestProblem } from '../../../operator/watch/manifest-problem.ts'
import { createConditionTracker } from '../../../standalone/condition-changes.ts'
import { MAX_REPORTED_CONDITIONS } from '../../../standalone/limits.ts'
import { createManifestLog, type ManifestLog } from '../../../standalone/manifest-log.ts'

type Line = Readonly<Record<string, unknown>>

function logOf(): { log: ManifestLog; said: () => Line[] } {
  const lines: Line[] = []
  const log = createManifestLog(createLogger('info', { write: (text) => void lines.push(JSON.parse(text)) }))
  return { log, said: () => lines.splice(0).map((line) => ({ ...line, time: undefined })) }
}

const PROBLEM: ManifestProblem = {
  code: 'unknown_kind',
  file: 'rules.yaml',
  line: 7,
  object: 'SipTrunk default/a',
  field: 'spec.sources[0]',
  message: 'is not a network',
}

function shadowed(status: 'True' | 'False', message: string, name = 'r'): ObjectConditions {
  const metadata = { namespace: 'default', name }
  return objectConditions({ kind: 'DispatchRule', metadata }, [
    { type: 'Shadowed', status, reason: 'EarlierRule', message },
  ])
}

describe('what the log says of a folder of manifests', () => {
  it('is nothing while all can be read', () => {
    const { log, said } = logOf()
    log.read([])
    expect(said()).toEqual([])
  })

  it('names the object, the place and the field of a problem, and says once that all is right again', () => {
    const { log, said } = logOf()
    log.read([PROBLEM])
    log.read([])
    log.read([])
    expect(said()).toEqual([
      {
        ...{ level: 'error', msg: 'manifests refused, last good table kept', code: 'unknown_kind' },
        ...{ object: 'SipTrunk default/a', problem: 'rules.yaml:7: spec.sources[0]: is not a network' },
      },
      { level: 'info', msg: 'manifests are right again' },
    ])
  })

  it('says that all is right again after a folder that could not be read', () => {
    const { log, said } = logOf()
    log.failed(new Error('gone'))
    log.read([])
    expect(said()).toMatchObject([
      { code: 'reload-failed', error: 'Error: gone' },
      { msg: 'manifests are right again' },
    ])
  })

  it('names what changed, twenty objects at most, and how many there are besides', () => {
    const { log, said } = logOf()
    log.changed({ added: ['rule a/b'], changed: [], removed: ['trunk a/c'], more: 0 })
    const many = Array.from({ length: 25 }, (_, i) => `rule a/${i}`)
    log.changed({ added: many.slice(0, 15), changed: many.slice(15), removed: ['rule a/z'], more: 100 })
    expect(said()).toEqual([
      { level: 'info', msg: 'manifests changed', added: ['rule a/b'], removed: ['trunk a/c'] },
      { level: 'info', msg: 'manifests changed', added: many.slice(0, 15), changed: many.slice(15, 20), more: 106 },
    ])
  })

  it('tells of a condition when it comes, when it changes and when it is over, and not again in between', () => {
    const { log, said } = logOf()
    const tracker = createConditionTracker()
    const told = (objects: readonly ObjectConditions[]): unknown[] => {
      log.conditions(tracker.next(objects))
      return said().map(({ msg, detail }) => [msg, detail])
    }
    expect(told([shadowed('False', 'fine')])).toEqual([])
    expect(told([shadowed('True', 'by x')])).toEqual([['condition', 'by x']])
    expect(told([shadowed('True', 'by x')])).toEqual([])
    expect(told([shadowed('True', 'by y')])).toEqual([['condition', 'by y']])
    expect(told([])).toEqual([['condition over', undefined]])
  })

  it('says how many problems and conditions there are beyond those that it tells', () => {
    const { log, said } = logOf()
    log.read([PROBLEM], 700)
    const many = Array.from({ length: MAX_REPORTED_CONDITIONS + 50 }, (_, i) => shadowed('True', 'by x', `r${i}`))
    const tracker = createConditionTracker()
    log.conditions(tracker.next(many))
    const lines = said()
    expect(lines).toHaveLength(1 + 1 + MAX_REPORTED_CONDITIONS + 1)
    expect(lines[1]).toMatchObject({ code: 'more_problems', problem: expect.stringContaining('and 700 more problems') })
    expect(lines.at(-1)).toMatchObject({ msg: 'more conditions', more: 50 })
    log.conditions(tracker.next([]))
    expect(said().filter(({ msg }) => msg === 'condition over')).toHaveLength(MAX_REPORTED_CONDITIONS)
    log.conditions(tracker.next([]))
    expect(said()).toEqual([])
  })
})
