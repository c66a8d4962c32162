/**
 * Settings as flags and as environment variables: those of `standalone`, `ingress` and `probe`, and those that the operator
 * shares with them. `operator-settings.ts` has the operator's own settings. Each setting also needs a place in a schema.
 * `tsc` reports a missing place.
 */
export interface Setting {
  readonly flag: `--${string}`
  /** The name of the value in the help. */
  readonly argument: string
  readonly environment: `SIP_DISPATCH_${string}`
  /** The flag may be given several times. In the environment variable, the values are separated by commas. */
  readonly repeatable?: true
  /** The flag without a value means true. */
  readonly toggle?: true
  /** The default values, as texts. */
  readonly fallback?: readonly string[]
  /**
   * The default that the help shows if the real default depends on another setting. The code that reads the configuration
   * fills in the real default.
   */
  readonly assumed?: readonly string[]
  /** A secret has no flag, because every user of the machine can read flags in the list of processes. */
  readonly environmentOnly?: true
  readonly description: string
}

/** Settings by name. The name is the one that commander gives to the value of the flag. */
export type Settings = Readonly<Record<string, Setting>>

/** Settings of every process that serves metrics. */
export const METRIC_SETTINGS = {
  installation: {
    flag: '--installation',
    argument: 'name',
    environment: 'SIP_DISPATCH_INSTALLATION',
    description:
      'what the metrics call this installation: the same for its operator and its ingresses, and for no other',
  },
} as const satisfies Settings

/** Settings of every command that writes a log. */
export const LOG_SETTINGS = {
  logLevel: {
    flag: '--log-level',
    argument: 'level',
    environment: 'SIP_DISPATCH_LOG_LEVEL',
    fallback: ['info'],
    description: 'debug, info, warn, error or silent',
  },
} as const satisfies Settings

/** The default addresses on which the native engine listens. */
export const USUAL_LISTEN = ['udp://127.0.0.1:5060', 'tcp://127.0.0.1:5060']

/** Settings of the SIP engine. */
const ENGINE_SETTINGS = {
  engine: {
    flag: '--engine',
    argument: 'name',
    environment: 'SIP_DISPATCH_ENGINE',
    fallback: ['native'],
    description: 'native, or drachtio for drachtio-servers that take SIP for this process',
  },
  drachtio: {
    flag: '--drachtio',
    argument: 'address',
    environment: 'SIP_DISPATCH_DRACHTIO',
    repeatable: true,
    description: 'a drachtio-server to connect to: tcp://HOST:PORT or tls://HOST:PORT, its admin port',
  },
  drachtioListen: {
    flag: '--drachtio-listen',
    argument: 'host:port',
    environment: 'SIP_DISPATCH_DRACHTIO_LISTEN',
    repeatable: true,
    description: 'where drachtio-servers connect to this process (outbound mode)',
  },
  drachtioSecretFile: {
    flag: '--drachtio-secret-file',
    argument: 'file',
    environment: 'SIP_DISPATCH_DRACHTIO_SECRET_FILE',
    description:
      'file with the secret of the drachtio-servers, read again at every connecting; or the variable SIP_DISPATCH_DRACHTIO_SECRET with the secret itself',
  },
  drachtioSecret: {
    flag: '--drachtio-secret',
    argument: 'secret',
    environment: 'SIP_DISPATCH_DRACHTIO_SECRET',
    environmentOnly: true,
    description: 'the secret of the drachtio-servers',
  },
  drachtioCaFile: {
    flag: '--drachtio-ca-file',
    argument: 'file',
    environment: 'SIP_DISPATCH_DRACHTIO_CA_FILE',
    description: 'PEM of the authorities that sign the certificates of tls:// servers; without it those of the system',
  },
  drachtioIpv6Backends: {
    flag: '--drachtio-ipv6-backends',
    argument: 'pass-over|try',
    environment: 'SIP_DISPATCH_DRACHTIO_IPV6_BACKENDS',
    fallback: ['pass-over'],
    description:
      'what to do with IPv6 backends: try them only if every drachtio-server runs with --disable-nat-detection, else one call ends the server',
  },
} as const satisfies Settings

/** The setting of every command that looks up the names of backends. */
export const RESOLVER_SETTING = {
  flag: '--resolver',
  argument: 'host:port',
  environment: 'SIP_DISPATCH_RESOLVER',
  repeatable: true,
  fallback: [],
  description:
    "nameserver to ask for the names of backends, an IP address with a port; without it those of the machine's /etc/resolv.conf",
} as const satisfies Setting

const SERVING_SETTINGS = {
  ...ENGINE_SETTINGS,
  listen: {
    flag: '--listen',
    argument: 'address',
    environment: 'SIP_DISPATCH_LISTEN',
    repeatable: true,
    assumed: USUAL_LISTEN,
    description: 'where to take SIP: udp://HOST:PORT or tcp://HOST:PORT, HOST an IP address; port 0 takes a free one',
  },
  datagrams: {
    flag: '--datagrams',
    argument: 'auto|batched|node',
    environment: 'SIP_DISPATCH_DATAGRAMS',
    fallback: ['auto'],
    description:
      'how to read and write UDP: many datagrams per system call (batched), one (node), or batched where the system can',
  },
  advertise: {
    flag: '--advertise',
    argument: 'host[:port]',
    environment: 'SIP_DISPATCH_ADVERTISE',
    description: 'address that callers are told, if it is not the one listened on',
  },
  advertiseInternal: {
    flag: '--advertise-internal',
    argument: 'host[:port]',
    environment: 'SIP_DISPATCH_ADVERTISE_INTERNAL',
    description: 'address that backends are told, if it is not the one listened on',
  },
  ownAddress: {
    flag: '--own-address',
    argument: 'address',
    environment: 'SIP_DISPATCH_OWN_ADDRESS',
    repeatable: true,
    description:
      'address or network of the node and the pod: a stranger from there is counted as source_rewritten, because a Service has replaced its address',
  },
  resolver: RESOLVER_SETTING,
  allowResolved: {
    flag: '--allow-resolved',
    argument: 'network',
    environment: 'SIP_DISPATCH_ALLOW_RESOLVED',
    repeatable: true,
    fallback: [],
    description:
      'network whose loopback addresses and own addresses a name of a backend may have; for a trial on one machine: 127.0.0.0/8',
  },
  http: {
    flag: '--http',
    argument: 'host:port',
    environment: 'SIP_DISPATCH_HTTP',
    fallback: ['127.0.0.1:9090'],
    description: 'where to serve /metrics, /livez and /readyz',
  },
  ...LOG_SETTINGS,
  ...METRIC_SETTINGS,
  logCallsPerSecond: {
    flag: '--log-calls-per-second',
    argument: 'n',
    environment: 'SIP_DISPATCH_LOG_CALLS_PER_SECOND',
    fallback: ['200'],
    description: 'log lines about decided calls per second; a summary says how many were left out',
  },
  ruleSeries: {
    flag: '--rule-series',
    argument: 'n',
    environment: 'SIP_DISPATCH_RULE_SERIES',
    fallback: ['200'],
    description: 'rules with a time series of their own; the rest share one',
  },
} as const satisfies Settings

const SETTLE = {
  flag: '--settle-seconds',
  argument: 'n',
  environment: 'SIP_DISPATCH_SETTLE_SECONDS',
  description: 'how long to take calls as usual after SIGTERM, while load balancers take the process out',
} as const satisfies Setting

const SETTLE_OPTIONS = {
  flag: '--settle-options',
  argument: 'answer',
  environment: 'SIP_DISPATCH_SETTLE_OPTIONS',
  fallback: ['unavailable'],
  description:
    'what OPTIONS gets in that time: unavailable (503, so that who probes this process stops sending calls) or ok (200, where several processes share the address that is probed)',
} as const satisfies Setting

const DRAIN = {
  flag: '--drain-deadline-seconds',
  argument: 'n',
  environment: 'SIP_DISPATCH_DRAIN_DEADLINE_SECONDS',
  description: 'how long calls that ring may go on after that, while new ones are refused; then they get a 503',
} as const satisfies Setting

export const STANDALONE_SETTINGS = {
  rules: {
    flag: '--rules',
    argument: 'dir',
    environment: 'SIP_DISPATCH_RULES',
    description: 'folder of SipTrunk and DispatchRule manifests (required)',
  },
  ...SERVING_SETTINGS,
  settleSeconds: { ...SETTLE, fallback: ['0'] },
  settleOptions: SETTLE_OPTIONS,
  // By default, a container gets ten seconds from SIGTERM to SIGKILL. Settling and draining must end within this time.
  drainDeadlineSeconds: { ...DRAIN, fallback: ['5'] },
  cookieKeyFile: {
    flag: '--cookie-key-file',
    argument: 'file',
    environment: 'SIP_DISPATCH_COOKIE_KEY_FILE',
    repeatable: true,
    fallback: [],
    description:
      'key that signs dialog routes: the current one, then previous ones; without it a random one per process',
  },
} as const satisfies Settings

/** Settings of every command that uses the shared rules cache. */
export const CACHE_SETTINGS = {
  cache: {
    flag: '--cache',
    argument: 'url',
    environment: 'SIP_DISPATCH_CACHE',
    description:
      'the shared rules cache, Redis or Valkey: redis://[USER@]HOST[:PORT][/DATABASE], redis+sentinel://HOST,HOST/SERVICE or redis+cluster://HOST,HOST; rediss for TLS (required)',
  },
  cachePasswordFile: {
    flag: '--cache-password-file',
    argument: 'file',
    environment: 'SIP_DISPATCH_CACHE_PASSWORD_FILE',
    description: 'file with the password of the cache; read again at every connecting',
  },
  cacheSentinelPasswordFile: {
    flag: '--cache-sentinel-password-file',
    argument: 'file',
    environment: 'SIP_DISPATCH_CACHE_SENTINEL_PASSWORD_FILE',
    description: 'file with the password of the sentinels themselves, where they ask for one',
  },
  cacheCaFile: {
    flag: '--cache-ca-file',
    argument: 'file',
    environment: 'SIP_DISPATCH_CACHE_CA_FILE',
    description: "PEM of the authorities that sign the cache's certificate; without it those of the system",
  },
  cacheCertFile: {
    flag: '--cache-cert-file',
    argument: 'file',
    environment: 'SIP_DISPATCH_CACHE_CERT_FILE',
    description: 'PEM of the certificate with which this process proves itself to the cache',
  },
  cacheKeyFile: {
    flag: '--cache-key-file',
    argument: 'file',
    environment: 'SIP_DISPATCH_CACHE_KEY_FILE',
    description: 'PEM of the key of that certificate',
  },
  cachePrefix: {
    flag: '--cache-prefix',
    argument: 'name',
    environment: 'SIP_DISPATCH_CACHE_PREFIX',
    fallback: ['sip-dispatch'],
    description: 'what every key of this installation begins with',
  },
} as const satisfies Settings

export const INGRESS_SETTINGS = {
  ...CACHE_SETTINGS,
  snapshot: {
    flag: '--snapshot',
    argument: 'file',
    environment: 'SIP_DISPATCH_SNAPSHOT',
    description: 'file for the last good table: served from at a start without the cache',
  },
  pod: {
    flag: '--pod',
    argument: 'name',
    environment: 'SIP_DISPATCH_POD',
    description:
      "name under which this process reports its table; without it the name of the machine, which is the pod's",
  },
  keys: {
    flag: '--keys',
    argument: 'dir',
    environment: 'SIP_DISPATCH_KEYS',
    description:
      'folder of the keys that sign dialog routes: cookie.current and, in a rotation, cookie.previous; without it a key of its own',
  },
  ...SERVING_SETTINGS,
  // The settle time and the drain time together are less than the 30 seconds that Kubernetes waits by default from SIGTERM
  // to SIGKILL.
  settleSeconds: { ...SETTLE, fallback: ['5'] },
  settleOptions: SETTLE_OPTIONS,
  drainDeadlineSeconds: { ...DRAIN, fallback: ['20'] },
} as const satisfies Settings

export const PROBE_SETTINGS = {
  sip: {
    flag: '--sip',
    argument: 'address',
    environment: 'SIP_DISPATCH_SIP',
    description: 'whom to ask: udp://HOST:PORT or tcp://HOST:PORT (required)',
  },
  ready: {
    flag: '--ready',
    argument: 'url',
    environment: 'SIP_DISPATCH_READY',
    description: 'http://HOST:PORT of the same process, to tell silence towards strangers from a fault',
  },
  timeoutSeconds: {
    flag: '--timeout-seconds',
    argument: 'n',
    environment: 'SIP_DISPATCH_TIMEOUT_SECONDS',
    fallback: ['5'],
    description: 'how long to wait for an answer',
  },
} as const satisfies Settings
