import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** A Go that makes an empty program for each package, except for what stands in `fails`, and writes down what it is told. */
const GO = `#!/bin/sh
here=$(dirname "$0")
echo "$*" >>"$here/calls"
fails=$(cat "$here/fails" 2>/dev/null)
case "$1 $2" in
'env GOVERSION') echo go1.26.0 ;;
'env GOCACHE') printf '%s\\n' "$here/build" "$here/modules" ;;
'mod download')
  case "$4" in *"\${fails:-nothing fails}"*) echo "no route to $4"; exit 1 ;; esac
  mkdir -p "$here/module/config/crd/bases" "$here/module/example/prometheus-operator-crd"
  for name in podmonitors prometheusrules servicemonitors; do
    echo "{}" >"$here/module/example/prometheus-operator-crd/monitoring.coreos.com_$name.yaml"
  done
  echo "{}" >"$here/module/config/crd/bases/keda.sh_scaledobjects.yaml"
  printf 'go 1.26.0\\n' >"$here/module/go.mod"
  printf '{ "Dir": "%s", "GoMod": "%s" }\\n' "$here/module" "$here/module/go.mod" ;;
'-C '*)
  code=0
  while [ "$1" != -o ]; do shift; done
  made=$2
  shift 2
  for package; do
    case "$package" in *"\${fails:-nothing fails}"*) echo "$package: does not compile"; code=1; continue ;; esac
    touch "$made$(basename "\${package%/v[0-9]}")"
  done
  exit $code ;;
esac
`

describe('the parts of Kubernetes', () => {
  let folder = ''

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-parts-'))
    mkdirSync(join(folder, 'bin'))
    writeFileSync(join(folder, 'bin/go'), GO, { mode: 0o755 })
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  const at = (name: string): string => join(folder, 'bin', name)

  /** What it says, what there is afterwards, and which packages Go was told to build. */
  async function setUp(fails: string) {
    writeFileSync(at('fails'), fails)
    writeFileSync(at('calls'), '')
    const script = "import('./scripts/kubernetes-parts.mjs').then((parts) => parts.setUpKubernetesParts())"
    const child = spawn(process.execPath, ['-e', script], {
      cwd: ROOT,
      env: { PATH: `${folder}/bin:/usr/bin:/bin`, HOME: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [said] = await Promise.all([text(child.stdout), once(child, 'close')])
    const cache = join(folder, '.cache/sip-dispatch/kubernetes')
    const [version = ''] = existsSync(cache) ? readdirSync(cache) : []
    const builds = readFileSync(at('calls'), 'utf8')
      .split('\n')
      .filter((call) => call.startsWith('-C '))
    const packages = builds.map((call) => call.replace(/^.* -o \S+ /, ''))
    return { code: child.exitCode, said, there: readdirSync(join(cache, version)).sort(), packages }
  }

  const ALL = ['actionlint', 'definitions', 'etcd', 'helm', 'kube-apiserver', 'kubectl']

  it('are built once, the programs of a module together, and it says what that takes', async () => {
    const { code, said, there, packages } = await setUp('')
    expect([code, there]).toEqual([0, ALL])
    expect(packages).toEqual([
      'go.etcd.io/etcd/server/v3',
      'k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kubectl',
      'helm.sh/helm/v4/cmd/helm',
      'github.com/rhysd/actionlint/cmd/actionlint',
    ])
    expect(said).toMatch(
      /^set-up: building etcd, kube-apiserver, kubectl, helm, actionlint .*took \d+ minutes.* GB .* are free/s,
    )
    expect(await setUp('')).toMatchObject({ said: '', packages: [] })
  })

  it.each([
    ['etcd/server', ['etcd'], ['go.etcd.io/etcd/server/v3']],
    ['cmd/kubectl', ['kubectl'], ['k8s.io/kubernetes/cmd/kubectl']],
    ['cmd/helm', ['helm'], ['helm.sh/helm/v4/cmd/helm']],
    ['cmd/actionlint', ['actionlint'], ['github.com/rhysd/actionlint/cmd/actionlint']],
    ['keda', ['definitions'], []],
  ])('fail by themselves and by name, and are tried again alone: %s', async (fails, missing, again) => {
    const { code, said, there } = await setUp(fails)
    expect([code, there]).toEqual([0, ALL.filter((name) => !missing.includes(name))])
    expect(said).toMatch(
      new RegExp(`^set-up: SETUP_KUBERNETES: .*${missing[0] === 'definitions' ? fails : missing[0]}`, 'm'),
    )
    expect(await setUp('')).toMatchObject({ code: 0, there: ALL, packages: again })
  })

  it('of other modules are built where one module cannot be fetched', async () => {
    const { code, said, there } = await setUp('k8s.io/kubernetes')
    expect([code, there]).toEqual([0, ['actionlint', 'definitions', 'etcd']])
    expect(said).toContain('no route to k8s.io/kubernetes@')
  })

  it('that a killed run has left half built are removed', async () => {
    const { there } = await setUp('cmd/helm')
    const [version = ''] = readdirSync(join(folder, '.cache/sip-dispatch/kubernetes'))
    mkdirSync(join(folder, '.cache/sip-dispatch/kubernetes', version, 'build-left'))
    expect([there, await setUp('')]).toMatchObject([expect.not.arrayContaining(['helm']), { there: ALL }])
  })
})
