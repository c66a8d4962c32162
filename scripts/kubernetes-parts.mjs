import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { runQuietly } from './command.mjs'
import { buildMissing, downloadedModule, KUBERNETES_VERSION, orSay, WORK_PREFIX } from './kubernetes-build.mjs'

/** @typedef {import('./kubernetes-build.mjs').Part} Part */

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

/** Milliseconds between two looks whether another run has built them. */
const LOOK_INTERVAL_MS = 1_000

/** Those of an API server, as KUBEBUILDER_ASSETS has them. */
const SERVER_PARTS = /** @type {const} */ (['etcd', 'kube-apiserver', 'kubectl'])

/** A folder of definitions, beside the programs. */
const DEFINITIONS = 'definitions'

/** How the folders begin in which they are gathered. */
const DEFINITIONS_WORK_PREFIX = 'definitions-'

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

/** Where actionlint is: built, in the user's cache. */
export function findActionlint() {
  const program = join(cacheFolder(), 'actionlint')
  return existsSync(program) ? program : undefined
}

/** Whether the suites that need the parts find them all. */
export function hasKubernetesParts() {
  return missingHere().length === 0 && findHelm() !== undefined
}

/**
 * Builds what is missing, into the user's cache. What cannot be built it says, by name, and goes on with the rest: the
 * suites that need the parts say what it means. What a run that was stopped has compiled is in Go's caches, and the next
 * one goes on from there. Never rejects.
 */
export async function setUpKubernetesParts() {
  if (!hasKubernetesParts()) {
    await orSay(setUpMissing)
  }
}

async function setUpMissing() {
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
    removeLeftovers(folder)
    const missing = missingHere()
    if (missing.length > 0) {
      await buildMissing(missing, folder)
    }
    await fetchDefinitions(folder)
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
  const own = /** @type {const} */ (['helm', 'actionlint']).filter((name) => !existsSync(join(cacheFolder(), name)))
  return [...(found.folder === undefined ? found.missing : []), ...own]
}

/**
 * Of runs that were killed. Whoever has the lock is alone.
 *
 * @param {string} folder
 */
function removeLeftovers(folder) {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(WORK_PREFIX) || name.startsWith(DEFINITIONS_WORK_PREFIX)) {
      rmSync(join(folder, name), { recursive: true, force: true })
    }
  }
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
  const work = mkdtempSync(join(folder, DEFINITIONS_WORK_PREFIX))
  try {
    for (const [module, files] of Object.entries(FOREIGN_DEFINITIONS)) {
      const source = await downloadedModule(module, 'Dir')
      for (const file of files) {
        writeFileSync(join(work, basename(file)), readFileSync(join(source, file)))
      }
    }
    renameSync(work, join(folder, DEFINITIONS))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function cacheFolder() {
  const caches = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return join(caches, 'sip-dispatch', 'kubernetes', KUBERNETES_VERSION)
}

/** Why nothing can be built here; undefined where it can. */
async function goObstacle() {
  const wanted = `Go ${OLDEST_GO.join('.')} or newer is needed`
  const { code, output } = await runQuietly(['go', 'env', 'GOVERSION'], { label: 'go', silenceMs: 60_000 })
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
