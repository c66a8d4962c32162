/** The command line of a release. */
import { parseArgs } from 'node:util'
import { gitHubRepository } from './repository.ts'
import { readVersion } from './version.ts'

export const HELP = `Usage: npm run release -- VERSION [flags]

Builds and checks what a release publishes, into release/VERSION: the chart as an archive, the bill of materials,
what the image is built from, the notes, and their checksums. Then it commits the version and the changelog and tags
the commit. It publishes and pushes nothing: .github/workflows/release.yml does when the tag is pushed.

  --dry-run               changes nothing but release/VERSION
  --tagged                for the commit that the tag of VERSION is on: commits and tags nothing
  --repository OWNER/NAME on GitHub; default: where origin leads
  --image-digest DIGEST   of the pushed image, by which the chart names it then; default: its tag
  --sign-key NAME         signs the chart by this OpenPGP key, with --keyring FILE and where the key
                          has one --passphrase-file FILE; helm writes the provenance beside it`

/** The owner of the repository, where it is not known. */
export const UNKNOWN_OWNER = 'OWNER/sip-dispatch'

export interface Order {
  readonly version: string
  readonly mode: 'dry-run' | 'tagged' | 'commit'
  readonly repository: string
  readonly imageDigest: string | undefined
  readonly signing: readonly string[]
}

/**
 * Undefined: the user asked for help.
 *
 * @throws RELEASE_FLAG, RELEASE_VERSION_BAD
 */
export function readOrder(root: string, args: readonly string[]): Order | undefined {
  const { values, positionals } = parsed(args)
  if (values.help === true) return undefined
  if (positionals.length > 1) throw new Error(`RELEASE_FLAG: one version, and not ${positionals.join(' ')}`)
  if (values['dry-run'] === true && values.tagged === true)
    throw new Error('RELEASE_FLAG: either --dry-run or --tagged')
  const mode = values['dry-run'] === true ? 'dry-run' : values.tagged === true ? 'tagged' : 'commit'
  return {
    version: readVersion(positionals[0]),
    mode,
    repository: repositoryOf(values.repository ?? gitHubRepository(root), mode),
    imageDigest: digestOf(values['image-digest']),
    signing: signingFlags(values),
  }
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const
  const toggle = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ 'dry-run': toggle, tagged: toggle, help: { ...toggle, short: 'h' }, repository: text },
        ...{ 'image-digest': text, 'sign-key': text, keyring: text, 'passphrase-file': text },
      },
    })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`RELEASE_FLAG: ${why}; --help lists the flags`, { cause: error })
  }
}

/** A published release has to name its repository. */
function repositoryOf(repository: string | undefined, mode: Order['mode']): string {
  if (repository === undefined && mode !== 'tagged') return UNKNOWN_OWNER
  if (repository !== undefined && /^[\w.-]+\/[\w.-]+$/.test(repository)) return repository
  const problem = repository === undefined ? 'origin does not lead to GitHub' : `${repository} is not OWNER/NAME`
  throw new Error(`RELEASE_REPOSITORY: ${problem}; pass --repository OWNER/NAME`)
}

function digestOf(digest: string | undefined): string | undefined {
  if (digest === undefined || /^sha256:[0-9a-f]{64}$/.test(digest)) return digest
  throw new Error(`RELEASE_FLAG: --image-digest ${digest} is not sha256: and 64 digits of base 16`)
}

interface SigningFlags {
  readonly 'sign-key'?: string | undefined
  readonly keyring?: string | undefined
  readonly 'passphrase-file'?: string | undefined
}

function signingFlags({ 'sign-key': key, keyring, 'passphrase-file': passphrase }: SigningFlags): string[] {
  if (key === undefined && keyring === undefined && passphrase === undefined) return []
  if (key === undefined || keyring === undefined) throw new Error('RELEASE_FLAG: --sign-key and --keyring go together')
  const unlocking = passphrase === undefined ? [] : ['--passphrase-file', passphrase]
  return ['--sign', '--key', key, '--keyring', keyring, ...unlocking]
}
