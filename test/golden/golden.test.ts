/**
 * Pairs of `<what-it-shows>.in.yaml` (manifests) and `.out.yaml` (the table, the conditions and, if any, the problems).
 * A `.cluster.yaml` beside them is what a cluster has besides: Services, EndpointSlices and objects that are not valid.
 * `UPDATE_GOLDEN=1` writes the second file anew; read the difference before it is kept.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { type CompileInput, compile } from '../../operator/compile/compile.ts'
import { inNameOrder } from '../../operator/compile/object-conditions.ts'
import { readManifestFiles } from '../../operator/watch/manifest-folder.ts'
import { updatingGolden } from './config.ts'

const folder = import.meta.dirname
const names = readdirSync(folder)
const cases = names.filter((name) => name.endsWith('.in.yaml')).map((name) => name.slice(0, -'.in.yaml'.length))

/** At least so many pairs must be found, or the folder is not the one that is meant. */
const LEAST_PAIRS = 35

async function compiled(name: string): Promise<string> {
  const { problems, ...objects } = await readManifestFiles([join(folder, `${name}.in.yaml`)])
  const { entries, conditions } = compile({ ...objects, ...clusterOf(name) })
  const told = problems.map((problem) => ({ ...problem, file: basename(problem.file) }))
  const output = { entries, conditions: inNameOrder(conditions), ...(told.length > 0 ? { problems: told } : {}) }
  return stringify(output, { lineWidth: 0, aliasDuplicateObjects: false })
}

type Cluster = Pick<CompileInput, 'services' | 'endpointSlices' | 'refused'>

function clusterOf(name: string): Cluster {
  const file = `${name}.cluster.yaml`
  return names.includes(file) ? parse(readFileSync(join(folder, file), 'utf8')) : {}
}

describe('the compiler makes of manifests what the golden file says:', () => {
  it.each(cases)('%s', async (name) => {
    const path = join(folder, `${name}.out.yaml`)
    const actual = await compiled(name)
    if (updatingGolden()) writeFileSync(path, actual)
    expect(actual).toBe(readFileSync(path, 'utf8'))
  })

  it('and no file is without its other half', () => {
    const expected = cases.flatMap((name) => [`${name}.in.yaml`, `${name}.out.yaml`])
    const clusters = cases.map((name) => `${name}.cluster.yaml`)
    const others = names.filter((name) => !expected.includes(name) && !clusters.includes(name))
    expect(others.toSorted()).toEqual(['config.ts', 'golden.test.ts'])
    expect(expected.filter((name) => !names.includes(name)).filter(() => !updatingGolden())).toEqual([])
    expect(cases.length).toBeGreaterThanOrEqual(LEAST_PAIRS)
  })
})
