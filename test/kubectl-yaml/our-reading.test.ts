import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parse } from 'yaml'
import { coreScalar } from '../../operator/watch/core-scalar.ts'
import { createFileProblems } from '../../operator/watch/file-problems.ts'
import { kubectlKey, kubectlScalar } from '../../operator/watch/kubectl-scalar.ts'
import { manifestDocuments } from '../../operator/watch/manifest-document.ts'
import type { ManifestProblem } from '../../operator/watch/manifest-problem.ts'
import { keptReading } from './reading-fixture.ts'
import { FILES, REFUSED, SCALARS } from './yaml-cases.ts'

const { scalars, files } = keptReading()

interface OurReading {
  readonly specs: unknown[]
  readonly problems: readonly ManifestProblem[]
}

function readingOf(text: string): OurReading {
  const problems = createFileProblems('a.yaml')
  const values = [...manifestDocuments(text, 'a.yaml', problems)].map(({ value }) => value)
  const objects = values.filter((value) => typeof value === 'object' && value !== null)
  return { specs: objects.map((value) => Reflect.get(value, 'spec')), problems: problems.reported() }
}

describe('a plain scalar', () => {
  it('is tried in every form that the file has', () => {
    expect(scalars.map(({ scalar }) => scalar)).toEqual(SCALARS)
  })

  it.each(scalars.map(({ scalar, value, key }) => [scalar, value, key]))('%j is %j, as to kubectl', (...one) => {
    const [scalar, value, key] = one
    expect(kubectlScalar(String(scalar))).toBe(value)
    expect(kubectlKey(String(scalar)) ?? null).toBe(key)
    expect(readingOf(`spec:\n  a:\n  - ${String(scalar)}\n`).specs).toEqual([{ a: [value] }])
  })

  it('is to a reader of YAML 1.2 what the parser of YAML 1.2 makes of it', () => {
    const character = fc.constantFrom(...'01789+-._eExob~yYnNtTfFrRuUlL'.split(''))
    const text = fc.oneof(fc.constantFrom(...SCALARS), fc.string({ unit: character, minLength: 1, maxLength: 6 }))
    fc.assert(
      fc.property(text, (scalar) => {
        // Those that are a list, or the end of a document.
        fc.pre(!/^(-|---|\.\.\.)$/.test(scalar))
        const [there]: unknown[] = [Reflect.get(Object(parse(`a: ${scalar}`)), 'a')]
        expect(coreScalar(scalar)).toEqual(there === 0 ? 0 : there)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a file', () => {
  const kept = new Map(files.map(({ file, specs }) => [file, specs]))

  it('is tried in every form that the file has', () => {
    expect([...kept.keys()]).toEqual([...Object.keys(FILES), ...Object.keys(REFUSED)])
  })

  it.each(Object.entries(FILES))('with %s is what it is to kubectl', (name, text) => {
    const { specs, problems } = readingOf(text)
    const expected = kept.get(name)
    if (expected) expect({ specs, problems }).toEqual({ specs: expected, problems: [] })
    // A text is a document, and no object: whoever looks for objects says so.
    else expect(specs.length === 0 || problems.length > 0).toBe(true)
  })

  it.each(Object.entries(REFUSED))('with %s is refused, whatever kubectl takes', (name, text) => {
    expect(kept.get(name)).not.toBeNull()
    expect(readingOf(text).problems).toEqual([
      expect.objectContaining({ code: 'invalid_yaml', line: expect.any(Number) }),
    ])
  })
})
