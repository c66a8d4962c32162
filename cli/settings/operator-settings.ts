import { CACHE_SETTINGS, LOG_SETTINGS, METRIC_SETTINGS, RESOLVER_SETTING, type Settings } from './settings.ts'

/** The settings of `operator`. */
export const OPERATOR_SETTINGS = {
  kubeconfig: {
    flag: '--kubeconfig',
    argument: 'file',
    environment: 'SIP_DISPATCH_KUBECONFIG',
    description: "how to reach the Kubernetes API; without it the service account of the pod, or kubectl's own default",
  },
  context: {
    flag: '--context',
    argument: 'name',
    environment: 'SIP_DISPATCH_CONTEXT',
    description: 'context of the kubeconfig, if not its current one',
  },
  namespace: {
    flag: '--namespace',
    argument: 'name',
    environment: 'SIP_DISPATCH_NAMESPACE',
    repeatable: true,
    fallback: [],
    description: 'namespace to watch; without it every namespace',
  },
  ...CACHE_SETTINGS,
  http: {
    flag: '--http',
    argument: 'host:port',
    environment: 'SIP_DISPATCH_HTTP',
    fallback: ['127.0.0.1:9091'],
    description: 'where to serve /metrics, /livez and /readyz',
  },
  leaderElect: {
    flag: '--leader-elect',
    argument: 'true|false',
    environment: 'SIP_DISPATCH_LEADER_ELECT',
    toggle: true,
    fallback: ['true'],
    description: 'whether to wait for the lease before publishing anything',
  },
  leaseName: {
    flag: '--lease-name',
    argument: 'name',
    environment: 'SIP_DISPATCH_LEASE_NAME',
    fallback: ['sip-dispatch-operator'],
    description: 'the Lease that the operators of one installation share',
  },
  leaseNamespace: {
    flag: '--lease-namespace',
    argument: 'name',
    environment: 'SIP_DISPATCH_LEASE_NAMESPACE',
    description: "namespace of the Lease; without it the pod's own",
  },
  allowMassDeletion: {
    flag: '--allow-mass-deletion',
    argument: 'true|false',
    environment: 'SIP_DISPATCH_ALLOW_MASS_DELETION',
    toggle: true,
    fallback: ['false'],
    description: 'publish also a change that removes more than half of the table at once',
  },
  dryRun: {
    flag: '--dry-run',
    argument: 'true|false',
    environment: 'SIP_DISPATCH_DRY_RUN',
    toggle: true,
    fallback: ['false'],
    description: 'watch and compile, but publish nothing and write no status',
  },
  keySecret: {
    flag: '--key-secret',
    argument: 'name',
    environment: 'SIP_DISPATCH_KEY_SECRET',
    description:
      'Secret beside the Lease in which to keep the keys of the ingress pods; without it keys are not managed',
  },
  resolver: RESOLVER_SETTING,
  ...LOG_SETTINGS,
  ...METRIC_SETTINGS,
} as const satisfies Settings
