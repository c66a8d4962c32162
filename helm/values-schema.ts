/** The schema of the chart's values, from which `helm/generate.ts` makes values.schema.json. */
import { z } from 'zod'
import { MAX_DRAIN_SECONDS, MAX_LOG_CALLS_PER_SECOND, MAX_RULE_SERIES, MAX_SETTLE_SECONDS } from '../cli/limits.ts'
import { MAX_PORT } from '../crds/schema/limits.ts'
import { MAX_NAMESERVERS } from '../ingress/resolve/limits.ts'

/** A pod without privileges cannot bind a lower port. */
const MIN_PORT = 1024

const text = z.string()
const toggle = z.boolean()
const count = z.int().min(1)
/** A map that Kubernetes itself checks. */
const map = z.looseObject({})
const texts = z.record(z.string(), z.string())
const port = z.int().min(MIN_PORT).max(MAX_PORT)
const logLevel = z.enum(['debug', 'info', 'warn', 'error', 'silent'])
const namespaceName = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)

const image = {
  repository: z.string().min(1),
  tag: text,
  digest: z.string().regex(/^(sha256:[0-9a-f]{64})?$/),
}

const pods = {
  resources: map,
  pdb: z.strictObject({ maxUnavailable: z.union([z.int().min(0), z.string().regex(/^\d{1,3}%$/)]) }),
  extraEnv: z.array(z.looseObject({ name: z.string().min(1) })),
  podAnnotations: texts,
  podLabels: texts,
  nodeSelector: texts,
  tolerations: z.array(map),
  affinity: map,
  topologySpreadConstraints: z.array(map),
  priorityClassName: text,
  logLevel,
}

const operator = z.strictObject({
  ...pods,
  replicas: z.int().min(0),
  watchNamespaces: z.array(namespaceName),
  allowMassDeletion: toggle,
})

const service = z.strictObject({
  split: toggle,
  fixedNames: toggle,
  class: text,
  annotations: texts,
  annotationsUDP: texts,
  annotationsTCP: texts,
  sourceRanges: z.array(z.string().min(1)),
  ipFamilyPolicy: z.enum(['', 'SingleStack', 'PreferDualStack', 'RequireDualStack']),
  allowSourceLoss: toggle,
})

const autoscaling = z.strictObject({
  enabled: toggle,
  minReplicas: count,
  maxReplicas: count,
  targetCPU: count,
  scaleDownSeconds: z.int().min(0).max(3600),
  keda: z.strictObject({ enabled: toggle, serverAddress: text, callsPerSecond: count }),
})

/** The form of an address or a network. The ingress checks the value and refuses an invalid one. */
const NETWORK = /^([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)(\/[0-9]{1,3})?$/

/** The form of a nameserver. The program checks the address itself. */
const NAMESERVER = /^([0-9]{1,3}(\.[0-9]{1,3}){3}|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?$/

const ingress = z.strictObject({
  ...pods,
  engine: z.enum(['native', 'drachtio']),
  exposure: z.enum(['LoadBalancer', 'NodePort', 'ClusterIP', 'HostNetwork']),
  replicas: z.int().min(0),
  ports: z.strictObject({ udp: port, tcp: port, http: port }),
  transports: z.strictObject({ udp: toggle, tcp: toggle }),
  datagrams: z.enum(['auto', 'batched', 'node']),
  ipFamilies: z.array(z.enum(['IPv4', 'IPv6'])),
  nodeNetworks: z.array(z.string().regex(NETWORK)),
  advertise: z.strictObject({ external: text, internal: text }),
  service,
  drain: z.strictObject({
    settleSeconds: z.int().min(0).max(MAX_SETTLE_SECONDS),
    settleOptions: z.enum(['', 'unavailable', 'ok']),
    deadlineSeconds: z.int().min(0).max(MAX_DRAIN_SECONDS),
    graceSeconds: z.int().min(0),
  }),
  autoscaling,
  logCallsPerSecond: z.int().min(0).max(MAX_LOG_CALLS_PER_SECOND),
  ruleSeries: z.int().min(0).max(MAX_RULE_SERIES),
  drachtio: z.strictObject({ image: z.strictObject(image), resources: map, ipv6Backends: toggle }),
})

const HOST = String.raw`(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?`
const HOSTS = `${HOST}(,${HOST})*`
const USER = '([^:@/]*@)?'

/**
 * The forms that the program accepts (`ingress/cache-connection/cache-address.ts`), but without a password: it would be
 * visible in the manifest of every pod.
 */
const CACHE_URL = [
  `rediss?://${USER}${HOST}(/[0-9]{0,4})?`,
  String.raw`rediss?\+sentinel://${USER}${HOSTS}/[A-Za-z0-9_.-]+(/[0-9]{0,4})?`,
  String.raw`rediss?\+cluster://${USER}${HOSTS}(/0{0,4})?`,
]

const cacheUrl = z.string().regex(new RegExp(`^(${CACHE_URL.join('|')})?$`))

const cache = z.strictObject({
  url: cacheUrl,
  existingSecret: text,
  urlKey: text,
  passwordKey: text,
  sentinelPasswordKey: text,
  caKey: text,
  certKey: text,
  keyKey: text,
  ingress: z.strictObject({ url: cacheUrl, urlKey: text, passwordKey: text }),
  prefix: text,
  embedded: z.strictObject({ enabled: toggle, image: z.strictObject(image), resources: map }),
})

const monitor = z.strictObject({ enabled: toggle, labels: texts, interval: z.string().regex(/^\d+(ms|s|m)$/) })

const metrics = z.strictObject({
  podMonitor: monitor,
  serviceMonitor: monitor,
  rules: z.strictObject({ enabled: toggle, labels: texts, runbooks: z.string() }),
  dashboards: z.strictObject({ enabled: toggle, labels: texts, annotations: texts }),
})

/** All values. Helm passes `global` to a chart that is part of another chart. */
export const chartValues = z.strictObject({
  global: map.optional(),
  fullnameOverride: text,
  clusterDomain: z.string().min(1),
  resolver: z.array(z.string().regex(NAMESERVER)).max(MAX_NAMESERVERS),
  commonLabels: texts,
  crds: z.strictObject({ enabled: toggle, takeOver: toggle, keep: toggle, protect: toggle }),
  image: z.strictObject({
    ...image,
    pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']),
    pullSecrets: z.array(z.strictObject({ name: z.string().min(1) })),
  }),
  operator,
  ingress,
  cache,
  keys: z.strictObject({ existingSecret: text }),
  networkPolicy: z.strictObject({ enabled: toggle, sipFrom: z.array(map), metricsFrom: z.array(map) }),
  metrics,
  serviceAccounts: z.strictObject({ annotations: texts }),
  extraObjects: z.array(z.union([text, map])),
})
