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

/** The definitions of foreign resources of which the chart makes objects, by the module that has them. */
const FOREIGN_DEFINITIONS = /** @type {const} */ ({
  'github.com/prometheus-operator/prometheus-operator@v0.85.0': [
    'example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml',
    'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
    'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
  ],
  'github.com/kedacore/keda/v2@v2.17.2': ['config/crd/bases/keda.sh_scaledobjects.yaml'],
})

/** The oldest Go version that can build the parts: the `go` line of their modules. */
const OLDEST_GO = /** @type {const} */ ([1, 26])

/** Milliseconds between two checks whether another run has built the parts. */
const LOOK_INTERVAL_MS = 1_000

/** The parts of an API server, as in KUBEBUILDER_ASSETS. */
const SERVER_PARTS = /** @type {const} */ (['etcd', 'kube-apiserver', 'kubectl'])

/** The folder of definitions, beside the programs. */
const DEFINITIONS = 'definitions'

/** The beginning of the names of folders in which definitions are gathered. */
const DEFINITIONS_WORK_PREFIX = 'definitions-'

/**
 * Finds the parts of a Kubernetes API server: in `KUBEBUILDER_ASSETS`, or built in the user's cache.
 *
 * @returns {{ folder: string } | { folder: undefined, missing: Part[] }} missing: what the cache lacks
 */
export function findKubernetesParts() {
  const assets = process.env['KUBEBUILDER_ASSETS']
  const cache = cacheFolder()
  const folder = [assets, cache].find((folder) => folder !== undefined && missingServerParts(folder).length === 0)
  return folder === undefined ? { folder, missing: missingServerParts(cache) } : { folder }
}

/**
 * Finds helm and the definitions of foreign resources that the chart may make: built in the user's cache.
 *
 * @returns {{ program: string, definitions: string } | undefined}
 */
export function findHelm() {
  const program = join(cacheFolder(), 'helm')
  const definitions = join(cacheFolder(), DEFINITIONS)
  return existsSync(program) && existsSync(definitions) ? { program, definitions } : undefined
}

/** Finds actionlint, built in the user's cache. */
export function findActionlint() {
  const program = join(cacheFolder(), 'actionlint')
  return existsSync(program) ? program : undefined
}

/** Whether all parts are present. */
export function hasKubernetesParts() {
  return missingHere().length === 0 && findHelm() !== undefined
}

/**
 * Builds the missing parts into the user's cache. A part that cannot be built is reported by name, and the rest is built: the
 * suites that need the part say what its absence means. If a run is stopped, its compiled code stays in Go's caches, and the
 * next run goes on from there. Never rejects.
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
 * Removes the folders of runs that were killed. The caller must have the lock.
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
 * Fetches the definitions. The folder appears only when it is complete.
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

/** Why nothing can be built on this machine; undefined where it can. */
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
 * Takes the lock: one run builds at a time, and the others wait for it. A lock whose process has ended is free.
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
