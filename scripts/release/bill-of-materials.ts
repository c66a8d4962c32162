/** The bill of materials of the image, in CycloneDX, made by npm. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './program.ts'

interface LockEntry {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly devOptional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>
}

/**
 * Writes the bill and returns the number of packages in it.
 *
 * @throws RELEASE_BILL_INCOMPLETE where it is not what the lock file says
 */
export function writeBillOfMaterials(source: string, file: string): number {
  const lock: Lock = JSON.parse(readFileSync(join(source, 'package-lock.json'), 'utf8'))
  const production = productionPackages(lock)
  const text = billOf(source, { ...lock, packages: Object.fromEntries(production) })
  const bill: { components: readonly { name: string; version: string }[] } = JSON.parse(text)
  const named = new Set(bill.components.map(({ name, version }) => `${name}@${version}`))
  const installed = new Set(production.slice(1).map(([path, { version }]) => `${nameOf(path)}@${version}`))
  const differing = named.symmetricDifference(installed)
  if (differing.size > 0) {
    throw new Error(`RELEASE_BILL_INCOMPLETE: package-lock.json and npm sbom differ about ${[...differing].join(', ')}`)
  }
  writeFileSync(file, text)
  return named.size
}

/**
 * npm gets the production packages only. If it is asked to omit the others (npm 11.19), it also omits packages that are needed
 * both in production and for development.
 */
function billOf(source: string, lock: Lock): string {
  const folder = join(source, 'production/sip-dispatch')
  mkdirSync(folder, { recursive: true })
  const own: object = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify(withoutOmitted(own)))
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
  const text = run(folder, 'npm', 'sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application')
  rmSync(join(source, 'production'), { recursive: true })
  return text
}

/** The packages that the Dockerfile installs on one of the image's platforms or the other; the first is the product itself. */
function productionPackages(lock: Lock): (readonly [path: string, entry: LockEntry])[] {
  const omitted = lock.packages['']?.optionalDependencies ?? {}
  return Object.entries(lock.packages)
    .filter(([, { dev, devOptional }]) => !dev && !devOptional)
    .filter(([path, entry]) => !entry.optional || (isForImage(entry) && !(nameOf(path) in omitted)))
    .map(([path, entry]) => [path, path === '' ? withoutOmitted(entry) : entry])
}

/** The image is made for Linux on x64 and arm64. */
function isForImage({ os, cpu }: LockEntry): boolean {
  return os?.includes('linux') === true && (cpu?.includes('x64') === true || cpu?.includes('arm64') === true)
}

function withoutOmitted<T extends object>(entry: T): T {
  const own = Object.entries(entry).filter(([name]) => name !== 'devDependencies' && name !== 'optionalDependencies')
  return Object.fromEntries(own) as T
}

const nameOf = (path: string): string => path.replace(/^.*node_modules\//, '')
