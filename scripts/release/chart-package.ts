/** Makes the chart archive: with the version, the place of the image, and the annotations that Artifact Hub shows. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { prerelease } from 'semver'
import { parse, parseAllDocuments, parseDocument, stringify } from 'yaml'
import { findHelm } from '../kubernetes-parts.mjs'
import type { Change } from './changelog.ts'
import { run } from './program.ts'

export interface ChartRelease {
  readonly version: string
  /** `owner/name` on GitHub. */
  readonly repository: string
  /** Digest of the image that was pushed; undefined: the image is named by its tag. */
  readonly imageDigest: string | undefined
  readonly changes: readonly Change[]
  /** Flags of `helm package` for signing; none: the archive is not signed. */
  readonly signing: readonly string[]
}

/** The values that the chart cannot be rendered without. */
const NEEDED_VALUES = ['--set', 'ingress.advertise.external=sip.example.com,cache.url=redis://cache.example.com:6379']

/** Keeps a long text on one line. */
const UNFOLDED = { lineWidth: 0 }

/** The repository to which the image is pushed. */
const imageRepository = (repository: string): string =>
  `ghcr.io/${repository.replace(/\/.*$/, '').toLowerCase()}/sip-dispatch`

/** Packages the chart of the sources into a folder; returns the path of the archive. */
export function packageChart(source: string, out: string, release: ChartRelease): string {
  const chart = join(source, 'helm/sip-dispatch')
  describeChart(join(chart, 'Chart.yaml'), { ...release, examples: examplesOf(source) })
  nameImage(join(chart, 'values.yaml'), release)
  helm('lint', '--strict', chart, ...NEEDED_VALUES)
  helm('package', chart, '--destination', out, ...release.signing)
  const archive = join(out, `sip-dispatch-${release.version}.tgz`)
  demandWhole(source, archive, release)
  return archive
}

/** Runs helm without the user's files. */
function helm(...args: readonly string[]): string {
  const home = mkdtempSync(join(tmpdir(), 'sip-dispatch-helm-'))
  try {
    return run(home, 'env', `HELM_CACHE_HOME=${home}`, findHelm()?.program ?? 'helm', ...args)
  } finally {
    rmSync(home, { recursive: true })
  }
}

/** Example objects of both kinds, for readers of the chart. */
function examplesOf(source: string): unknown[] {
  const folder = join(source, 'examples/standalone')
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  return texts.flatMap((text) => parseAllDocuments(text).map((one): unknown => one.toJS()))
}

interface ChartDescription extends ChartRelease {
  readonly examples: readonly unknown[]
}

/** https://artifacthub.io/docs/topics/annotations/helm/ describes each annotation. */
function describeChart(file: string, { version, repository, imageDigest, changes, examples }: ChartDescription): void {
  const chart = parseDocument(readFileSync(file, 'utf8'))
  const home = `https://github.com/${repository}`
  const image = imageRepository(repository)
  const reference = imageDigest === undefined ? `${image}:${version}` : `${image}@${imageDigest}`
  chart.set('home', home)
  chart.set('sources', [home])
  const annotations = {
    'artifacthub.io/prerelease': String(prerelease(version) !== null),
    'artifacthub.io/containsSecurityUpdates': String(changes.some(({ kind }) => kind === 'security')),
    'artifacthub.io/images': stringify([{ name: 'sip-dispatch', image: reference }], UNFOLDED),
    'artifacthub.io/changes': stringify(changes, UNFOLDED),
    'artifacthub.io/crdsExamples': stringify(examples, UNFOLDED),
  }
  for (const [name, value] of Object.entries(annotations)) chart.setIn(['annotations', name], value)
  writeFileSync(file, chart.toString(UNFOLDED))
}

/** The chart of the sources names an image that its user builds; a published chart names the image of the release. */
function nameImage(file: string, { repository, imageDigest = '' }: ChartRelease): void {
  const text = readFileSync(file, 'utf8')
  const named = text
    .replace(/^(image:\n(?: {2}.*\n)*? {2}repository: ).*$/m, `$1${imageRepository(repository)}`)
    .replace(/^(image:\n(?: {2}.*\n)*? {2}digest: ).*$/m, `$1"${imageDigest}"`)
  writeFileSync(file, named)
}

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: unknown
}

/**
 * @throws RELEASE_CHART where the archive is not what is to be released
 */
function demandWhole(source: string, archive: string, { version, repository, imageDigest }: ChartRelease): void {
  const shown: Record<string, unknown> = parse(helm('show', 'chart', archive))
  const rendered = helm('template', 'release', archive, ...NEEDED_VALUES)
  const manifests = manifestsIn(rendered)
  const images = new Set(
    [...rendered.matchAll(/^ *image: (\S+)$/gm)].map(([, image = '']) => image.replaceAll('"', '')),
  )
  const image = imageRepository(repository)
  const expected = imageDigest === undefined ? `${image}:${version}` : `${image}@${imageDigest}`
  const faults = [
    ...(shown['version'] === version && shown['appVersion'] === version ? [] : ['version or appVersion differ']),
    ...[...images].filter((one) => one !== expected).map((one) => `it runs ${one} and not ${expected}`),
    ...['siptrunks', 'dispatchrules']
      .filter((name) => !hasDefinition(manifests, source, name))
      .map((name) => `crds/${name}.yaml is not in it`),
  ]
  if (images.size > 0 && faults.length === 0) return
  throw new Error(`RELEASE_CHART: ${archive} is not what is to be released: ${faults.join('; ') || 'it runs nothing'}`)
}

function manifestsIn(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((one) => (one.toJS() as Manifest | null) ?? [])
}

/** Whether the archive has a definition and its policy. */
function hasDefinition(manifests: readonly Manifest[], source: string, plural: string): boolean {
  const own = manifestsIn(readFileSync(join(source, 'crds', `${plural}.yaml`), 'utf8'))
  return own.every(({ kind, metadata, spec }) => {
    const found = manifests.find((other) => other.kind === kind && other.metadata.name === metadata.name)
    return isDeepStrictEqual(found?.spec, spec)
  })
}
