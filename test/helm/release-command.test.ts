/** `npm run release`, in a repository of its own: what it refuses, what it builds, and what becomes of that in a registry. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { runHelm } from '../support/helm.ts'
import { startOciRegistry } from '../support/oci-registry.ts'
import { describeWith } from '../support/real-part.ts'
import { makeReleaseSources, type ReleaseSources } from '../support/release-sources.ts'

const TEST_LIMIT_MS = 600_000

const DIGEST = `sha256:${'b'.repeat(64)}`

const VALUES = ['--set', 'ingress.advertise.external=sip.example.com,cache.url=redis://cache:6379']

/** A version that comes after that of the sources, whatever it is. */
const NEXT = '99.0.0'

let sources: ReleaseSources

/** The version that the sources have. */
let current: string

beforeAll(() => {
  sources = makeReleaseSources()
  current = JSON.parse(sources.read('package.json')).version
}, TEST_LIMIT_MS)

afterEach(() => sources.restore())

afterAll(() => sources.remove())

/** What it said; it must have succeeded. */
async function released(...args: readonly string[]): Promise<string> {
  const { code, said } = await sources.release(...args)
  if (code !== 0) throw new Error(said)
  return said
}

/** Stands for the version that the sources have. */
const THE_SAME = 'the same'

type Spoil = () => void

const keep: Spoil = () => undefined

describe('a release is refused, with a code and what to do, and nothing is written', () => {
  const REFUSED: readonly (readonly [string, readonly string[], Spoil, RegExp])[] = [
    ['without a version', [], keep, /RELEASE_VERSION_BAD: name the version, as in npm run release -- 0\.2\.0/],
    ['where the version has a v', [`v${NEXT}`], keep, /RELEASE_VERSION_BAD: v99\.0\.0 .*; write 99\.0\.0/],
    [
      'where the version has build metadata',
      [`${NEXT}+1`],
      keep,
      /RELEASE_VERSION_BAD: 99\.0\.0\+1 .*; write 99\.0\.0/,
    ],
    ['where the version has two numbers', ['99.0'], keep, /RELEASE_VERSION_BAD: 99\.0 .*; write MAJOR\.MINOR\.PATCH/],
    ['where the version has a zero before it', ['99.01.0'], keep, /RELEASE_VERSION_BAD: 99\.01\.0/],
    ['where the version is the one that is', [THE_SAME], keep, /RELEASE_VERSION_NOT_GREATER: \S+ does not come after/],
    ['where the version is lower', ['0.0.1'], keep, /RELEASE_VERSION_NOT_GREATER: 0\.0\.1 does not come after/],
    ['where a flag is unknown', [NEXT, '--dry'], keep, /RELEASE_FLAG: .*--dry/],
    ['where two versions are named', [NEXT, '99.0.1'], keep, /RELEASE_FLAG: one version, and not 99\.0\.0 99\.0\.1/],
    ['where the flags exclude each other', [NEXT, '--dry-run', '--tagged'], keep, /RELEASE_FLAG: either/],
    [
      'where a key has no keyring',
      [NEXT, '--sign-key', 'a'],
      keep,
      /RELEASE_FLAG: --sign-key and --keyring go together/,
    ],
    ['where the digest is none', [NEXT, '--image-digest', 'b'], keep, /RELEASE_FLAG: --image-digest b is not sha256:/],
    ['where the repository is none', [NEXT, '--repository', 'b'], keep, /RELEASE_REPOSITORY: b is not OWNER\/NAME/],
    [
      'where the tree is dirty',
      [NEXT, '--dry-run'],
      () => sources.change('LICENSE', (text) => `${text}\n`, 'uncommitted'),
      /RELEASE_TREE_DIRTY: commit or put away .*\n +M LICENSE/,
    ],
    [
      'where a file is not known to git',
      [NEXT, '--dry-run'],
      () => writeFileSync(join(sources.folder, 'planted.md'), ''),
      /RELEASE_TREE_DIRTY: .*\n +\?\? planted\.md/,
    ],
    [
      'where the versions differ',
      [NEXT, '--dry-run'],
      () =>
        sources.change('helm/sip-dispatch/Chart.yaml', (text) => text.replace(/^appVersion: .*/m, 'appVersion: 9.9.9')),
      /RELEASE_VERSIONS_DIFFER: .*Chart\.yaml: 9\.9\.9/s,
    ],
    [
      'where a page names another version',
      [NEXT, '--dry-run'],
      () => sources.change('README.md', (text) => text.replace(/--version \S+/, '--version 9.9.9')),
      /RELEASE_VERSIONS_DIFFER: .*README\.md: 9\.9\.9/s,
    ],
    [
      'where nothing is new',
      [NEXT, '--dry-run'],
      () =>
        sources.change('CHANGELOG.md', (text) =>
          text.replace(/(## \[Unreleased\]\n)[\s\S]*?(?=\n## |$)/, '$1\n### Added\n'),
        ),
      /RELEASE_CHANGELOG_EMPTY: CHANGELOG\.md has no line under ## \[Unreleased\]; say there/,
    ],
    [
      'where the changelog has the version',
      [NEXT, '--dry-run'],
      () => sources.change('CHANGELOG.md', (text) => `${text}\n## [${NEXT}] - 2020-01-01\n\n- Planted.\n`),
      /RELEASE_CHANGELOG_TAKEN: CHANGELOG\.md has a part \[99\.0\.0\] already/,
    ],
    ['where the tag exists', [NEXT], () => void sources.git('tag', `v${NEXT}`), /RELEASE_TAG_EXISTS: v99\.0\.0/],
    [
      'as tagged where it is not',
      [NEXT, '--tagged', '--repository', 'a/b'],
      keep,
      /RELEASE_TAG_ELSEWHERE: this commit has no tag; check out v99\.0\.0/,
    ],
    [
      'as tagged where the sources say another version',
      [NEXT, '--tagged', '--repository', 'a/b'],
      () => void sources.git('tag', `v${NEXT}`),
      /RELEASE_VERSIONS_DIFFER: the tag says 99\.0\.0, and the sources say/,
    ],
    [
      'as tagged where nobody knows whose it is',
      [NEXT, '--tagged'],
      keep,
      /RELEASE_REPOSITORY: .*; pass --repository OWNER\/NAME/,
    ],
    [
      'where a link of a page leads nowhere',
      [NEXT, '--dry-run'],
      () => sources.change('docs/concepts.md', (text) => `${text}\n[planted](planted.md)\n`),
      /RELEASE_LINKS: these lead nowhere:\n +docs\/concepts\.md: planted\.md/,
    ],
    [
      'where the base of the image is not pinned',
      [NEXT, '--dry-run'],
      () => sources.change('Dockerfile', (text) => text.replaceAll(/^(FROM [^@\s]+)@\S+/gm, '$1')),
      /RELEASE_IMAGE_UNPINNED: the Dockerfile builds on node:\S+; add @sha256:/,
    ],
    [
      'where the image holds what is not there',
      [NEXT, '--dry-run'],
      () => sources.change('Dockerfile', (text) => `${text}COPY planted ./planted\n`),
      /RELEASE_IMAGE_CONTEXT: the Dockerfile copies planted, which no commit has/,
    ],
  ]

  it.each(REFUSED)(
    '%s',
    async (_, args, spoil, expected) => {
      spoil()
      const before = sources.git('log', '--format=%H', '--all') + sources.git('status', '--porcelain')
      const { code, said } = await sources.release(...args.map((arg) => (arg === THE_SAME ? current : arg)))
      expect({ code, said }).toEqual({ code: 1, said: expect.stringMatching(expected) })
      expect(said).not.toMatch(/^ +at /m)
      expect(sources.git('log', '--format=%H', '--all') + sources.git('status', '--porcelain')).toBe(before)
    },
    TEST_LIMIT_MS,
  )
})

describeWith(['helm'], 'a release', () => {
  it(
    'that is a dry run builds everything and changes nothing',
    async () => {
      const head = sources.git('rev-parse', 'HEAD')
      const said = await released('99.0.0-rc.1', '--dry-run')
      expect(said).toMatch(/no test was run: npm test has to have passed for [0-9a-f]{40}/)
      expect(sources.git('status', '--porcelain') + sources.git('tag')).toBe('')
      expect(sources.git('rev-parse', 'HEAD')).toBe(head)
      const names = readdirSync(sources.built('99.0.0-rc.1')).toSorted()
      expect(names).toEqual([
        'SHA256SUMS',
        'notes.md',
        'sip-dispatch-99.0.0-rc.1-image-context.tar.gz',
        'sip-dispatch-99.0.0-rc.1.cdx.json',
        'sip-dispatch-99.0.0-rc.1.tgz',
      ])
      const sums = names.slice(1).map((name) => {
        const hash = createHash('sha256').update(readFileSync(sources.built(`99.0.0-rc.1/${name}`)))
        return `${hash.digest('hex')}  ${name}\n`
      })
      expect(sources.read('release/99.0.0-rc.1/SHA256SUMS')).toBe(sums.join(''))
      expect((await shown(`${sources.built('99.0.0-rc.1')}/sip-dispatch-99.0.0-rc.1.tgz`)).annotations).toMatchObject({
        'artifacthub.io/prerelease': 'true',
        'artifacthub.io/license': 'Apache-2.0',
      })
    },
    TEST_LIMIT_MS,
  )

  it(
    'lists in its bill of materials what the image holds, and no package of development',
    async () => {
      await released(NEXT, '--dry-run')
      const bill = JSON.parse(sources.read(`release/${NEXT}/sip-dispatch-${NEXT}.cdx.json`))
      const named = bill.components.map(({ name }: { name: string }) => name)
      expect({ format: bill.bomFormat, of: bill.metadata.component.purl }).toEqual({
        format: 'CycloneDX',
        of: `pkg:npm/sip-dispatch@${NEXT}`,
      })
      const { dependencies, devDependencies } = JSON.parse(sources.read('package.json'))
      expect(named).toEqual(expect.arrayContaining(Object.keys(dependencies)))
      // Of the native libraries those of the image's two platforms, and no Node.
      expect(named.filter((name: string) => /koromix|^node-linux-/.test(name)).toSorted()).toEqual([
        '@koromix/koffi-linux-arm64',
        '@koromix/koffi-linux-x64',
      ])
      expect(named.filter((name: string) => name in devDependencies && !name.startsWith('@types/'))).toEqual([])
    },
    TEST_LIMIT_MS,
  )

  it(
    'is committed and tagged with its version in every place, and built again from its tag',
    async () => {
      expect(await released(NEXT)).toContain(`git push --atomic origin HEAD v${NEXT}`)
      expect(sources.git('status', '--porcelain')).toBe('')
      expect(sources.git('describe', '--exact-match').trim()).toBe(`v${NEXT}`)
      expect(sources.read('CHANGELOG.md')).toMatch(/## \[Unreleased\]\n\n## \[99\.0\.0\] - \d{4}-\d\d-\d\d\n\n### /)
      // Golden files name a version that stays.
      const own = [
        '--',
        '.',
        ':!test/helm/golden',
        ':!test/helm/former-release',
        ':!CHANGELOG.md',
        ':!package-lock.json',
      ]
      const words = `(/sip-dispatch:|sip-dispatch --version |ersion"?: "?)${current.replaceAll('.', '\\.')}($|[^0-9.])`
      expect(grep(words, own)).toEqual([])
      await released(NEXT, '--tagged', '--repository', 'Acme/phones', '--image-digest', DIGEST)
      const chart = sources.built(`${NEXT}/sip-dispatch-${NEXT}.tgz`)
      const { home, annotations } = await shown(chart)
      expect(home).toBe('https://github.com/Acme/phones')
      expect(parse(annotations?.['artifacthub.io/images'] ?? '')).toEqual([
        { name: 'sip-dispatch', image: `ghcr.io/acme/sip-dispatch@${DIGEST}` },
      ])
      const { stdout } = await runHelm(['template', 'x', chart, ...VALUES, '--set', 'metrics.rules.enabled=true'])
      const images = new Set([...stdout.matchAll(/^ +image: (\S+)$/gm)].map(([, image]) => image))
      expect([...images]).toEqual([`ghcr.io/acme/sip-dispatch@${DIGEST}`])
      const runbooks = [...stdout.matchAll(/runbook_url: (\S+)/g)].map(([, url = '']) => url)
      const folder = `https://github.com/Acme/phones/blob/v${NEXT}/`
      expect(runbooks.length).toBeGreaterThan(5)
      for (const url of runbooks) expect(sources.read(url.replace(folder, ''))).toContain('# ')
    },
    TEST_LIMIT_MS,
  )

  function grep(words: string, paths: readonly string[]): string[] {
    const { stdout } = spawnSync('git', ['grep', '--extended-regexp', '-n', '-e', words, ...paths], {
      cwd: sources.folder,
      encoding: 'utf8',
    })
    return stdout.split('\n').filter(Boolean)
  }
})

interface ShownChart {
  readonly version?: string
  readonly home?: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** What helm shows of a chart. */
async function shown(...chart: readonly string[]): Promise<ShownChart> {
  const { code, stdout, stderr } = await runHelm(['show', 'chart', ...chart])
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  return parse(stdout)
}

describeWith(['helm', 'gpg'], 'a release that is signed', () => {
  let keys: string

  beforeAll(() => {
    keys = mkdtempSync(join(tmpdir(), 'sip-dispatch-keys-'))
    gpg('--quick-generate-key', 'Releaser <releaser@example.com>', 'rsa3072', 'sign', 'never')
    gpg('--output', join(keys, 'secret.gpg'), '--export-secret-keys')
    gpg('--output', join(keys, 'public.gpg'), '--export')
  })

  afterAll(() => {
    spawnSync('gpgconf', ['--homedir', keys, '--kill', 'all'])
    rmSync(keys, { recursive: true })
  })

  function gpg(...args: readonly string[]): void {
    const unattended = ['--homedir', keys, '--batch', '--passphrase', '', '--pinentry-mode', 'loopback']
    const { status, stderr } = spawnSync('gpg', [...unattended, ...args], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`GPG_FAILED: gpg ${args.join(' ')}: ${stderr}`)
  }

  it(
    'has a provenance by which helm verifies it, and no other archive',
    async () => {
      await released(NEXT, '--dry-run', '--sign-key', 'Releaser', '--keyring', join(keys, 'secret.gpg'))
      const chart = sources.built(`${NEXT}/sip-dispatch-${NEXT}.tgz`)
      const verify = () => runHelm(['verify', chart, '--keyring', join(keys, 'public.gpg')])
      expect(await verify()).toMatchObject({ code: 0, stdout: expect.stringContaining('Signed by: Releaser') })
      writeFileSync(chart, 'planted', { flag: 'a' })
      expect(await verify()).toMatchObject({ code: 1 })
    },
    TEST_LIMIT_MS,
  )
})

describeWith(['helm', 'docker-registry'], 'the chart of a release', () => {
  it(
    'is pushed to a registry and pulled from there as it is',
    async () => {
      await released(NEXT, '--dry-run', '--repository', 'acme/sip-dispatch')
      const registry = await startOciRegistry()
      try {
        const chart = sources.built(`${NEXT}/sip-dispatch-${NEXT}.tgz`)
        const folder = `oci://${registry.host}/acme/charts`
        expect(await runHelm(['push', chart, folder, '--plain-http'])).toMatchObject({ code: 0 })
        const pull = [
          'pull',
          `${folder}/sip-dispatch`,
          '--version',
          NEXT,
          '--plain-http',
          '--destination',
          sources.folder,
        ]
        expect(await runHelm(pull)).toMatchObject({ code: 0 })
        expect(readFileSync(join(sources.folder, `sip-dispatch-${NEXT}.tgz`))).toEqual(readFileSync(chart))
      } finally {
        await registry.stop()
      }
    },
    TEST_LIMIT_MS,
  )
})
