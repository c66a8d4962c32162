import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { runQuietly } from './command.mjs'
import { stateOfGoCaches } from './signs-of-life.mjs'

/** Every part is built from the Go modules of this release, together with the newest etcd that it is tested with. */
export const KUBERNETES_VERSION = 'v1.37.2'
const ETCD_VERSION = 'v3.7.3'

/** The helm that the chart is tested with. */
const HELM_VERSION = 'v4.3.1'

/** The program that checks the workflows of the repository. It is built like the others, because it is a Go module too. */
const ACTIONLINT_VERSION = 'v1.7.12'

/** Milliseconds without a sign of life. The whole build has no time limit: machines and lines differ. */
const BUILD_SILENCE_MS = 10 * 60_000

/** Measured with empty caches on two idle cores, and with debug information. Without debug information it is less now. */
const MEASURED = { minutes: 9, cachesGb: 5.2, programsGb: 0.3 }

/** Command packages by the program that they build. The modules are named in `modules()`. */
const PARTS = /** @type {const} */ ({
  etcd: 'go.etcd.io/etcd/server/v3',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  helm: 'helm.sh/helm/v4/cmd/helm',
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint',
})

/** @typedef {keyof typeof PARTS} Part */

/** One `go build` each: code that its programs share is compiled once, and all cores are used while one program is linked. */
const BUILDS = /** @type {const} */ ([
  { module: 'etcd', parts: ['etcd'] },
  { module: 'kubernetes', parts: ['kube-apiserver', 'kubectl'] },
  { module: 'helm', parts: ['helm'] },
  { module: 'actionlint', parts: ['actionlint'] },
])

/** @typedef {(typeof BUILDS)[number]} Build */

/** The beginning of the names of folders in which parts are built. */
export const WORK_PREFIX = 'build-'

/** The environment of the build: no C compiler, no trace of this machine in the binaries, and the installed Go. */
const GO_ENVIRONMENT = ['CGO_ENABLED=0', 'GOFLAGS=-mod=mod -trimpath', 'GOTOOLCHAIN=local', 'GOWORK=off']

/** Without debug information the programs take a quarter less time and space to build, and nobody debugs them. */
const COMPILER_FLAGS = 'all=-dwarf=false'

/**
 * @param {readonly Part[]} missing
 * @param {string} folder
 */
export async function buildMissing(missing, folder) {
  announce(missing, folder)
  const grows = await goCaches()
  const work = mkdtempSync(join(folder, WORK_PREFIX))
  try {
    for (const { module, parts } of BUILDS) {
      const wanted = parts.filter((part) => missing.includes(part))
      if (wanted.length > 0) {
        await orSay(() => buildParts({ module, parts: wanted }, { work, folder, grows }))
      }
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/**
 * @param {readonly Part[]} missing
 * @param {string} folder
 */
function announce(missing, folder) {
  const { minutes, cachesGb, programsGb } = MEASURED
  const { bavail, bsize } = statfsSync(folder)
  console.log(`set-up: building ${missing.join(', ')} from Go modules, once
  Elsewhere it took ${minutes} minutes, on two cores. It is stopped only where nothing happens for ${BUILD_SILENCE_MS / 60_000} minutes, and goes on there next time.
  It needs up to ${cachesGb} GB in Go's caches and ${programsGb} GB in ${folder}, where ${((bavail * bsize) / 1e9).toFixed(1)} GB are free.`)
}

/**
 * Runs a step; reports an error and goes on.
 *
 * @param {() => Promise<void>} step
 */
export async function orSay(step) {
  try {
    await step()
  } catch (error) {
    console.log(`set-up: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** @returns {Promise<() => string>} what changes while Go fetches and compiles */
async function goCaches() {
  const { output } = await runQuietly(['go', 'env', 'GOCACHE', 'GOMODCACHE'], { label: 'go', silenceMs: 60_000 })
  const [buildCache = '', moduleCache = ''] = output.trim().split('\n')
  return () => stateOfGoCaches(buildCache, moduleCache)
}

/**
 * The requirements of a module of our own that requires the module of the programs: `go install` refuses a module with
 * replacements.
 *
 * @param {Build['module']} module
 * @returns {Promise<string>} what its go.mod requires
 */
async function requirementsOf(module) {
  if (module === 'etcd') {
    return `go 1.26.0\n\nrequire go.etcd.io/etcd/server/v3 ${ETCD_VERSION}\n`
  }
  if (module === 'actionlint') {
    return `go 1.26.0\n\nrequire github.com/rhysd/actionlint ${ACTIONLINT_VERSION}\n`
  }
  const goMod = readFileSync(await downloadedModule(`k8s.io/kubernetes@${KUBERNETES_VERSION}`, 'GoMod'), 'utf8')
  const lines = goMod.split('\n').filter((line) => /^(go|godebug) /.test(line))
  const staged = [...goMod.matchAll(/^\s+(k8s\.io\/\S+) v0\.0\.0$/gm)].map(([, name]) => name)
  const version = KUBERNETES_VERSION.replace(/^v1/, 'v0')
  lines.push(`require k8s.io/kubernetes ${KUBERNETES_VERSION}`)
  lines.push(...staged.map((name) => `replace ${name} => ${name} ${version}`))
  if (module === 'helm') {
    // Uses the same Kubernetes libraries, so that most of helm is already built.
    lines.push(`require helm.sh/helm/v4 ${HELM_VERSION}`)
  }
  return `${lines.join('\n')}\n`
}

/**
 * @param {string} folder
 * @param {string} requirements
 */
function writeModule(folder, requirements) {
  mkdirSync(folder)
  writeFileSync(join(folder, 'go.mod'), `module build.test\n\n${requirements}`)
}

/**
 * The path of a fetched module's folder, or of its go.mod alone.
 *
 * @param {string} module
 * @param {'Dir' | 'GoMod'} what
 */
export async function downloadedModule(module, what) {
  const label = `fetching ${module}`
  const command = /** @type {const} */ (['go', 'mod', 'download', '-json', module])
  const { code, output } = await runQuietly(command, { label, silenceMs: BUILD_SILENCE_MS })
  const [, path] = new RegExp(`"${what}": "([^"]+)"`).exec(output) ?? []
  if (code !== 0 || path === undefined) {
    throw new Error(`SETUP_KUBERNETES: ${command.join(' ')} failed; see what it says:\n${output}`)
  }
  return path
}

/**
 * Builds the programs of one module. A finished program is kept even if another one fails.
 *
 * @param {{ module: Build['module'], parts: readonly Part[] }} build
 * @param {{ work: string, folder: string, grows: () => string }} place
 */
async function buildParts({ module, parts }, { work, folder, grows }) {
  const source = join(work, module)
  const programs = join(work, `${module}-programs`)
  const temporary = join(work, `${module}-temporary`)
  for (const path of [programs, temporary]) {
    mkdirSync(path)
  }
  writeModule(source, await requirementsOf(module))
  const flags = [
    '-v',
    '-gcflags',
    COMPILER_FLAGS,
    '-ldflags',
    module === 'kubernetes' ? kubernetesLinkFlags() : '-s -w',
  ]
  const packages = parts.map((part) => PARTS[part])
  const { output } = await runQuietly(
    // The build has the lowest priority, because tests run at the same time.
    [
      'nice',
      '-n',
      '10',
      'env',
      ...GO_ENVIRONMENT,
      `GOTMPDIR=${temporary}`,
      'go',
      '-C',
      source,
      'build',
      ...flags,
      '-o',
      `${programs}/`,
      ...packages,
    ],
    { label: `building ${parts.join(', ')}`, silenceMs: BUILD_SILENCE_MS, grows, progress: packageCount },
  )
  for (const part of parts) {
    const program = join(programs, programOf(part))
    if (existsSync(program)) {
      renameSync(program, join(folder, part))
    }
  }
  const failed = parts.filter((part) => !existsSync(join(folder, part)))
  if (failed.length > 0) {
    throw new Error(
      `SETUP_KUBERNETES: could not build ${failed.join(', ')}; see what Go says:\n${output.slice(-4_000)}`,
    )
  }
}

/**
 * Go names a program after the last part of its package path that is not a version.
 *
 * @param {Part} part
 */
function programOf(part) {
  return basename(PARTS[part].replace(/\/v\d+$/, ''))
}

/**
 * The progress of `go build -v`, which prints a package per line.
 *
 * @param {string} output
 */
function packageCount(output) {
  const fetched = output.match(/^go: downloading /gm)?.length ?? 0
  const built = output.match(/^[^\s:]+$/gm)?.length ?? 0
  return `${fetched} modules fetched, ${built} packages built`
}

/** Without a version the server reports v0.0.0, and clients that ask for the version misbehave. */
function kubernetesLinkFlags() {
  const [major = '', minor = ''] = KUBERNETES_VERSION.slice(1).split('.')
  const values = {
    gitVersion: KUBERNETES_VERSION,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
  }
  const flags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((variables) => {
    return Object.entries(values).map(([name, value]) => `-X ${variables}.${name}=${value}`)
  })
  return ['-s', '-w', ...flags].join(' ')
}
