/** Who runs the commands of the documentation: one line each. */
import { readPage } from './commands-of-page.ts'

/**
 * Suites of this folder that run every command given to them, as it stands but for ports, addresses and folders. `run`:
 * to its end, which is exit code 0 and no complaint; `serve`: until it answers, and then it is stopped; `demo`, `call`:
 * `npm start` and a call at it; `first`: the first rule and a call that it answers; `kubectl`: against an API server without
 * nodes; `bench`: at its shortest.
 */
export type Suite = 'run' | 'serve' | 'demo' | 'call' | 'first' | 'kubectl' | 'bench'

export type Runner =
  | { readonly here: Suite }
  /** A test that runs it: its file, and a text in it that shows that. */
  | { readonly test: string; readonly shows: string }
  /** Nothing runs it, and why. */
  | { readonly byHand: string }

/** Pages name the version that a release writes into them. */
const { version: VERSION }: { version: string } = JSON.parse(readPage('package.json'))

const walk = { test: 'test/docs/walk.test.ts', shows: 'README.md and then docs/getting-started.md, in the order' }

const withoutChart = { test: 'test/docs/without-chart.test.ts', shows: "commandsOf('On a cluster without the chart')" }

const operations = { test: 'test/docs/release-pages.test.ts', shows: 'docs/operations.md upgrade, rotate' }

const capacity = { test: 'test/helm/capacity.test.ts', shows: "'apply', 'set-last-applied'" }

const explained = { test: 'test/unit/cli/explain/explain-command.test.ts', shows: 'prints what %s prints' }

const explainedTime = { test: 'test/unit/cli/explain/explain-time.test.ts', shows: 'prints what %s prints' }

const OF_A_CARRIER = { byHand: 'it asks the Internet, and what it answers is not ours' }

export const COMMANDS: Readonly<Record<string, Runner>> = {
  // README.md
  'npm start': { here: 'demo' },
  'npm test': { test: '.ci/run', shows: 'npm run --silent test' },
  'npm run -s sip-dispatch -- lint rules/': { here: 'run' },
  'npm run -s sip-dispatch -- standalone --rules rules/ --listen udp://127.0.0.1:5070 --http 127.0.0.1:9091': {
    here: 'first',
  },
  'sipp -sn uac -s +12025550100 -m 1 127.0.0.1:5070': { here: 'first' },
  'sipp -sn uac -s +19005550100 -m 1 127.0.0.1:5060': { here: 'call' },
  'npm run -s sip-dispatch -- explain --rules examples/standalone --to +19005550100 --from +14155550100 --source 127.0.0.1':
    { here: 'run' },
  [`helm upgrade --install phone oci://ghcr.io/OWNER/charts/sip-dispatch --version ${VERSION} --namespace telephony --create-namespace --set ingress.advertise.external=sip.example.com --set cache.embedded.enabled=true`]:
    walk,
  'kubectl apply --namespace telephony -f rules/first.yaml': walk,
  'kubectl wait --namespace telephony --for=condition=Ready siptrunk/carrier dispatchrule/first': walk,
  'kubectl get --namespace telephony drule,trunk': walk,

  // CONTRIBUTING.md
  'DRACHTIO_URL=127.0.0.1:9022 DRACHTIO_SECRET=cymru npm test -- test/flow/engine': {
    byHand: 'it needs a drachtio-server, which no package of Debian has',
  },

  'npm run release -- 0.2.0 --dry-run': {
    test: 'test/helm/release-command.test.ts',
    shows: 'that is a dry run builds everything and changes nothing',
  },

  // docs/getting-started.md
  [`docker build --tag registry.example.com/sip-dispatch:${VERSION} .`]: {
    byHand: 'it needs a container engine; test/image does what the Dockerfile does',
  },
  [`docker push registry.example.com/sip-dispatch:${VERSION}`]: {
    byHand: 'it needs a container engine; test/image does what the Dockerfile does',
  },
  'kubectl rollout status --namespace telephony deployment/phone-sip-dispatch-ingress': walk,
  'helm test phone --namespace telephony': walk,
  'kubectl get service --namespace telephony phone-sip-dispatch-ingress': walk,
  'sipp -sn uac -s +12025550100 -m 1 sip.example.com:5060': walk,
  'kubectl logs --namespace telephony --selector app.kubernetes.io/component=ingress --tail 5': walk,

  // docs/operations.md
  'helm upgrade phone helm/sip-dispatch --namespace telephony --reset-then-reuse-values': operations,
  'helm history phone --namespace telephony': operations,
  'helm rollback phone --namespace telephony': operations,
  'NEW=$(openssl rand -base64 32)': operations,
  [`OLD=$(kubectl get secret --namespace telephony phone-sip-dispatch-keys --output 'jsonpath={.data.cookie\\.current}')`]:
    operations,
  'kubectl patch secret --namespace telephony phone-sip-dispatch-keys --patch "{\\"data\\":{\\"cookie.previous\\":\\"$NEW\\"}}"':
    operations,
  'kubectl patch secret --namespace telephony phone-sip-dispatch-keys --patch "{\\"data\\":{\\"cookie.current\\":\\"$NEW\\",\\"cookie.previous\\":\\"$OLD\\"}}"':
    operations,
  [`kubectl patch secret --namespace telephony phone-sip-dispatch-keys --type json --patch '[{"op":"remove","path":"/data/cookie.previous"}]'`]:
    operations,
  [`kubectl get siptrunks,dispatchrules --all-namespaces --output yaml | sed -E '/^ +(uid|resourceVersion): /d' > rules.yaml`]:
    operations,
  [`kubectl get secret --namespace telephony phone-sip-dispatch-keys --output yaml | sed -E '/^ +(uid|resourceVersion): /d' > keys.yaml`]:
    operations,
  'kubectl apply --server-side -f keys.yaml': operations,
  'kubectl apply --server-side -f rules.yaml': operations,
  'helm uninstall phone --namespace telephony': operations,
  'kubectl delete --namespace telephony secret/phone-sip-dispatch-keys lease/phone-sip-dispatch-operator': operations,
  'kubectl annotate crd siptrunks.sipdispatch.dev dispatchrules.sipdispatch.dev sipdispatch.dev/allow-deletion=true':
    operations,
  'kubectl delete crd siptrunks.sipdispatch.dev dispatchrules.sipdispatch.dev': operations,
  'kubectl delete validatingadmissionpolicybinding,validatingadmissionpolicy keep-definitions.sipdispatch.dev keep-replicas.sipdispatch.dev siptrunks.sipdispatch.dev dispatchrules.sipdispatch.dev':
    operations,
  "kubectl apply view-last-applied --namespace telephony deployment/phone-sip-dispatch-ingress --output yaml | sed '/^ *replicas:/d' | kubectl apply set-last-applied --filename -":
    capacity,
  'kubectl scale --namespace telephony deployment/phone-sip-dispatch-ingress --replicas 7': capacity,
  [`redis-cli -u redis://cache.example.com:6379 --scan --pattern '{telephony.phone-sip-dispatch}:*' | xargs redis-cli -u redis://cache.example.com:6379 unlink`]:
    operations,

  // docs/command-line.md
  'sip-dispatch standalone --rules examples/standalone --listen udp://127.0.0.1:5060 --http 127.0.0.1:9090': {
    here: 'serve',
  },
  'sip-dispatch explain --rules examples/standalone --to +19005550100 --from +14155550100 --source 127.0.0.1': {
    here: 'run',
  },
  'sip-dispatch ingress --cache redis://cache:6379 --keys /etc/sip-dispatch/keys --snapshot /var/lib/sip-dispatch/table --listen udp://0.0.0.0:5060 --listen tcp://0.0.0.0:5060':
    { here: 'serve' },
  'sip-dispatch ingress --cache redis://cache:6379 --engine drachtio --drachtio tcp://127.0.0.1:9022 --drachtio-secret-file /etc/drachtio/secret':
    { here: 'serve' },
  'sip-dispatch operator --kubeconfig ~/.kube/config --cache rediss://cache:6379 --cache-password-file password': {
    here: 'serve',
  },
  'sip-dispatch lint examples/standalone': { here: 'run' },
  'sip-dispatch lint --format json trunks.yaml rules.yaml': { here: 'run' },

  'sip-dispatch probe --sip udp://127.0.0.1:5060 --ready http://127.0.0.1:9090': {
    test: 'test/wire/probe.test.ts',
    shows: "await probe('--sip', target, '--ready', ready",
  },

  'kubectl apply --server-side -f crds/siptrunks.yaml -f crds/dispatchrules.yaml': withoutChart,
  'npm run -s sip-dispatch -- operator --cache redis://127.0.0.1:6379': withoutChart,
  'npm run -s sip-dispatch -- ingress --cache redis://127.0.0.1:6379 --listen udp://127.0.0.1:5060': withoutChart,
  'kubectl apply -f examples/standalone': withoutChart,
  'kubectl wait --for=condition=Ready dispatchrule/premium-numbers': withoutChart,
  'kubectl get drule,trunk': withoutChart,

  // docs/engines.md
  'sip-dispatch ingress --engine drachtio --drachtio tcp://127.0.0.1:9022 --drachtio-secret-file /etc/drachtio/secret …':
    { here: 'serve' },

  // docs/explain.md
  'sip-dispatch explain --rules examples/standalone --to 9005550100 --from +14155550100 --source 127.0.0.1': explained,
  'sip-dispatch explain --rules examples/standalone --to +15551234567 --from +14155550100 --source 192.0.2.1:5060 --transport tcp':
    explained,
  "sip-dispatch explain --rules examples/schedules --to +493055512 --from +14155550100 --source 203.0.113.7 --at '2026-12-28T10:00[Europe/Berlin]'":
    explainedTime,

  // docs/office.md
  'sip-dispatch lint examples/office': { here: 'run' },
  'sip-dispatch explain --rules examples/office --to +493055512 --from +14155550100 --source 203.0.113.7 --at 2026-12-23T10:00 --no-look-up':
    explainedTime,
  'sip-dispatch explain --rules examples/office --to +493055512 --from +14155550100 --source 203.0.113.7 --at 2026-12-24T10:00':
    explainedTime,
  'sip-dispatch explain --rules examples/office --to +493055512 --from +14155550100 --source 203.0.113.7 --at 2026-12-22T22:00':
    explainedTime,

  // docs/performance.md
  'npx node --expose-gc bench/decision.ts': { here: 'bench' },
  'npx node bench/first-calls.ts': { here: 'bench' },
  'npx node bench/reload.ts': { here: 'bench' },
  'npx node bench/two-checkouts.ts --other .': { here: 'bench' },
  'npx node bench/engine.ts': { here: 'bench' },
  'npx node bench/refused-call.ts': { here: 'bench' },
  'npx node bench/forwarded-call.ts': { here: 'bench' },
  'npx node bench/refused-call.ts --profile': { here: 'bench' },
  'npx node bench/forwarded-call.ts --profile': { here: 'bench' },
  'npx node bench/overload.ts --svg docs': { here: 'bench' },
  'npx node bench/overload.ts --strangers': { here: 'bench' },
  'npx node bench/propagation.ts --rules 100000 --readers 1000': { here: 'bench' },

  // docs/your-carrier.md
  'npm run -s sip-dispatch -- explain --rules examples/carriers/twilio.yaml --to +12025550100 --from +14155550100 --source 54.172.60.1':
    { here: 'run' },
  'curl https://doc.didww.com/voice.json': OF_A_CARRIER,
  'dig +short SRV _sip._udp.sipconnect.sipgate.de': OF_A_CARRIER,
  'dig +short sipconnect.sipgate.de': OF_A_CARRIER,
  'dig +short sip.pstnhub.microsoft.com sip2.pstnhub.microsoft.com sip3.pstnhub.microsoft.com': OF_A_CARRIER,

  // docs/runbooks
  [`kubectl logs POD | grep '"outcome":"no_backend"' | tail -3`]: { here: 'kubectl' },
  [`kubectl logs POD | grep '"msg":"call unanswered"'`]: { here: 'kubectl' },
  [`kubectl logs POD | grep -v '"msg":"call decided"' | tail -20`]: { here: 'kubectl' },
  'kubectl logs POD | grep cache | tail -5': { here: 'kubectl' },
  "kubectl logs POD | grep -e 'does not resolve' -e 'is stale' | tail -5": { here: 'kubectl' },
  'kubectl logs POD | grep table-file | tail -5': { here: 'kubectl' },
  'kubectl logs --selector app.kubernetes.io/component=ingress --tail -1 | grep stranger | tail -20': {
    here: 'kubectl',
  },
  'kubectl logs --selector app.kubernetes.io/component=ingress --tail 20': { here: 'kubectl' },
  'kubectl logs --selector app.kubernetes.io/component=operator --tail 20': { here: 'kubectl' },
  'kubectl get pods --selector app.kubernetes.io/component=ingress': { here: 'kubectl' },
  'kubectl get pods --selector app.kubernetes.io/component=operator': { here: 'kubectl' },
  'kubectl describe pods --selector app.kubernetes.io/component=ingress': { here: 'kubectl' },
  "kubectl get lease --selector '!kubernetes.io/hostname'": { here: 'kubectl' },
  'kubectl get dispatchrules --all-namespaces -o wide': { here: 'kubectl' },
  'kubectl get dispatchrules,siptrunks --all-namespaces': { here: 'kubectl' },
  'kubectl get endpointslices --selector kubernetes.io/service-name=SERVICE': { here: 'kubectl' },
  'kubectl get services --selector app.kubernetes.io/component=ingress --output yaml | grep externalTrafficPolicy': {
    here: 'kubectl',
  },
  'kubectl describe dispatchrule NAME --namespace NAMESPACE': { here: 'kubectl' },
  'kubectl describe dispatchrules --all-namespaces | grep -A 5 BackendsHealthy': { here: 'kubectl' },
  'kubectl get events --all-namespaces --field-selector reason=MassDeletionHeld': { here: 'kubectl' },
  'kubectl annotate namespace NAMESPACE sipdispatch.dev/allow-mass-deletion=true': { here: 'kubectl' },
}

/** The commands that a suite of this folder runs. */
export function commandsRunBy(suite: Suite): string[] {
  const entries = Object.entries(COMMANDS)
  return entries.filter(([, runner]) => 'here' in runner && runner.here === suite).map(([command]) => command)
}
