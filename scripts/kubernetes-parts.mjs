import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { runQuietly } from './command.mjs'

/** Every part is built from the Go modules of one release; the newest etcd that Kubernetes is tested with goes with it. */
const KUBERNETES_VERSION = 'v1.37.2'
const ETCD_VERSION = 'v3.7.3'

/** The helm that the chart is tested with. */
const HELM_VERSION = 'v4.3.1'

/** Resources of others that the chart makes objects of: their definitions, by the module that has them. */
const FOREIGN_DEFINITIONS = /** @type {const} */ ({
  'github.com/prometheus-operator/prometheus-operator@v0.85.0': [
    'example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml',
    'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
    'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
  ],
  'github.com/kedacore/keda/v2@v2.17.2': ['config/crd/bases/keda.sh_scaledobjects.yaml'],
})

/** The oldest Go that builds them: the `go` line of their modules. */
const OLDEST_GO = /** @type {const} */ ([1, 26])

/** Milliseconds for all parts together, on two cores with nothing cached: what leaves time for the tests. */
const BUILD_LIMIT_MS = 13 * 60_000

/** Milliseconds between two looks whether another run has built them. */
const LOOK_INTERVAL_MS = 1_000

/** Command packages by the program that they build. The modules are named in `modules()`. */
const PARTS = /** @type {const} */ ({
  etcd: 'go.etcd.io/etcd/server/v3',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  helm: 'helm.sh/helm/v4/cmd/helm',
})

/** @typedef {keyof typeof PARTS} Part */

/** Those of an API server, as KUBEBUILDER_ASSETS has them. */
const SERVER_PARTS = /** @type {const} */ (['etcd', 'kube-apiserver', 'kubectl'])

/** A folder of definitions, beside the programs. */
const DEFINITIONS = 'definitions'

/** For the build: no C compiler, nothing of this machine in the binaries, and the Go that is here. */
const GO_ENVIRONMENT = ['CGO_ENABLED=0', 'GOFLAGS=-mod=mod -trimpath', 'GOTOOLCHAIN=local', 'GOWORK=off']

/**
 * Where the parts of a Kubernetes API server are: in `KUBEBUILDER_ASSETS`, or built, in the user's cache.
 *
 * @returns {{ folder: string } | { folder: undefined, missing: Part[] }} missing: what the cache lacks
 */
export function findKubernetesParts() {
  const given = process.env['KUBEBUILDER_ASSETS']
  const cache = cacheFolder()
  const folder = [given, cache].find((folder) => folder !== undefined && missingServerParts(folder).length === 0)
  return folder === undefined ? { folder, missing: missingServerParts(cache) } : { folder }
}

/**
 * Where helm is, and the definitions of resources of others that the chart may make: built, in the user's cache.
 *
 * @returns {{ program: string, definitions: string } | undefined}
 */
export function findHelm() {
  const program = join(cacheFolder(), 'helm')
  const definitions = join(cacheFolder(), DEFINITIONS)
  return existsSync(program) && existsSync(definitions) ? { program, definitions } : undefined
}

/**
 * Builds what is missing, into the user's cache. Where that cannot be done it says so and goes on: the suites that need
 * the parts say what it means.
 */
export async function setUpKubernetesParts() {
  if (missingHere().length === 0 && findHelm() !== undefined) {
    return
  }
  const obstacle = await goObstacle()
  if (obstacle !== undefined) {
    const names = missingHere().join(', ')
    console.log(`set-up: cannot build ${names}: ${obstacle}; or set KUBEBUILDER_ASSETS to a folder that has them`)
    return
  }
  const folder = cacheFolder()
  mkdirSync(folder, { recursive: true })
  const unlock = await lock(join(folder, 'building'))
  try {
    const missing = missingHere()
    if (missing.length > 0) {
      await build(missing, folder)
    }
    await fetchDefinitions(folder)
  } catch (error) {
    console.log(`set-up: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    unlock()
  }
}

/** @param {string} folder */
function missingServerParts(folder) {
  return SERVER_PARTS.filter((name) => !existsSync(join(folder, name)))
}

/** @returns {Part[]} what has to be built */
function missingHere() {
  const found = findKubernetesParts()
  const helm = existsSync(join(cacheFolder(), 'helm')) ? [] : /** @type {const} */ (['helm'])
  return [...(found.folder === undefined ? found.missing : []), ...helm]
}

/**
 * The folder is there only when it is whole.
 *
 * @param {string} folder
 */
async function fetchDefinitions(folder) {
  if (existsSync(join(folder, DEFINITIONS))) {
    return
  }
  const work = mkdtempSync(join(folder, 'definitions-'))
  for (const [module, files] of Object.entries(FOREIGN_DEFINITIONS)) {
    const source = await downloadedModule(module, 'Dir')
    for (const file of files) {
      writeFileSync(join(work, basename(file)), readFileSync(join(source, file)))
    }
  }
  renameSync(work, join(folder, DEFINITIONS))
}

function cacheFolder() {
  const caches = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return join(caches, 'sip-dispatch', 'kubernetes', KUBERNETES_VERSION)
}

/** Why nothing can be built here; undefined where it can. */
async function goObstacle() {
  const wanted = `Go ${OLDEST_GO.join('.')} or newer is needed`
  const { code, output } = await runQuietly(['go', 'env', 'GOVERSION'], { label: 'go', limitMs: 30_000 })
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(output) ?? []
  if (code !== 0 || major === undefined) {
    return `${wanted}, and there is no Go on the PATH`
  }
  const [oldestMajor, oldestMinor] = OLDEST_GO
  const fits = Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor)
  return fits ? undefined : `${wanted}, and this one is ${output.trim()}`
}

/**
 * One run builds at a time; the others wait until it has. A lock whose process has gone is nobody's.
 *
 * @param {string} path
 * @returns {Promise<() => void>} gives the lock back
 */
async function lock(path) {
  for (let waited = false; ; waited = true) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) {
        throw error
      }
    }
    if (!isAlive(ownerOf(path))) {
      rmSync(path, { force: true })
      continue
    }
    if (!waited) {
      console.log('set-up: another run builds the parts of the Kubernetes API server; waiting for it')
    }
    await pause(LOOK_INTERVAL_MS)
  }
}

/** @param {string} path */
function ownerOf(path) {
  return existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
}

/**
 * @param {unknown} error
 * @param {string} code
 */
function hasCode(error, code) {
  return error instanceof Error && 'code' in error && error.code === code
}

/**
 * @param {readonly Part[]} parts
 * @param {string} folder
 */
async function build(parts, folder) {
  console.log(`set-up: building ${parts.join(', ')} from Go modules, once (up to 10 minutes and 5 GB of Go's caches)`)
  const deadline = Date.now() + BUILD_LIMIT_MS
  const work = mkdtempSync(join(folder, 'build-'))
  try {
    await writeModules(work)
    for (const part of parts) {
      await buildPart(part, work, deadline)
      renameSync(join(work, `${part}.built`), join(folder, part))
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/**
 * Modules of our own that require the programs' modules: `go install` refuses a module that replaces others.
 *
 * @param {string} work
 */
async function writeModules(work) {
  writeModule(join(work, 'etcd'), `go 1.26.0\n\nrequire go.etcd.io/etcd/server/v3 ${ETCD_VERSION}\n`)
  const goMod = readFileSync(await downloadedModule(`k8s.io/kubernetes@${KUBERNETES_VERSION}`, 'GoMod'), 'utf8')
  const lines = goMod.split('\n').filter((line) => /^(go|godebug) /.test(line))
  const staged = [...goMod.matchAll(/^\s+(k8s\.io\/\S+) v0\.0\.0$/gm)].map(([, name]) => name)
  const version = KUBERNETES_VERSION.replace(/^v1/, 'v0')
  lines.push(`require k8s.io/kubernetes ${KUBERNETES_VERSION}`)
  lines.push(...staged.map((name) => `replace ${name} => ${name} ${version}`))
  writeModule(join(work, 'kubernetes'), `${lines.join('\n')}\n`)
  // With the libraries of that very Kubernetes most of helm is built already.
  lines.push(`require helm.sh/helm/v4 ${HELM_VERSION}`)
  writeModule(join(work, 'helm'), `${lines.join('\n')}\n`)
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
async function downloadedModule(module, what) {
  const label = `fetching ${module}`
  const command = /** @type {const} */ (['go', 'mod', 'download', '-json', module])
  const { code, output } = await runQuietly(command, { label, limitMs: BUILD_LIMIT_MS })
  const [, path] = new RegExp(`"${what}": "([^"]+)"`).exec(output) ?? []
  if (code !== 0 || path === undefined) {
    throw new Error(`SETUP_KUBERNETES: ${command.join(' ')} failed; see what it says:\n${output}`)
  }
  return path
}

/**
 * @param {Part} part
 * @param {string} work
 * @param {number} deadline
 */
async function buildPart(part, work, deadline) {
  const own = part === 'etcd' || part === 'helm'
  const module = join(work, own ? part : 'kubernetes')
  const args = ['-v', '-ldflags', own ? '-s -w' : kubernetesLinkFlags(), '-o', join(work, `${part}.built`)]
  const { code, output } = await runQuietly(
    ['env', ...GO_ENVIRONMENT, 'go', '-C', module, 'build', ...args, PARTS[part]],
    {
      label: `building ${part}`,
      limitMs: Math.max(deadline - Date.now(), 0),
      progress: packageCount,
    },
  )
  if (code !== 0) {
    throw new Error(`SETUP_KUBERNETES: ${part} could not be built; see what Go says:\n${output.slice(-4_000)}`)
  }
}

/**
 * How far `go build -v` is: it names a package per line.
 *
 * @param {string} output
 */
function packageCount(output) {
  const fetched = output.match(/^go: downloading /gm)?.length ?? 0
  const built = output.match(/^[^\s:]+$/gm)?.length ?? 0
  return `${fetched} modules fetched, ${built} packages built`
}

/** Without a version the server says v0.0.0, and clients that ask for one misbehave. */
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
