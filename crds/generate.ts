/**
 * Writes the CustomResourceDefinitions beside this file, and docs/resources.md. Run it as `node crds/generate.ts`. With
 * `--check` it writes nothing, and its exit code is 1 if a file differs from the schemas.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { customResourceManifests } from './custom-resource-manifest.ts'
import { resourceReference } from './resource-reference.ts'

const ROOT = join(import.meta.dirname, '..')

const check = process.argv.includes('--check')

const manifests = Object.entries(customResourceManifests()).map(([name, text]) => [`crds/${name}`, text] as const)

for (const [name, text] of [...manifests, ['docs/resources.md', resourceReference()] as const]) {
  const path = join(ROOT, name)
  if (!check) {
    await writeFile(path, text)
  } else if ((await readText(path)) !== text) {
    process.stderr.write(`${name} differs from what the schemas say: run node crds/generate.ts\n`)
    process.exitCode = 1
  }
}

/** Reads a file. If the file is absent, the result is the empty text, which differs from every generated text. */
async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
