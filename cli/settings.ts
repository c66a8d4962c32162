/**
 * What `standalone` can be told, as a flag or as an environment variable: the help, the configuration and the
 * documentation follow this table.
 */
export interface Setting {
  readonly flag: `--${string}`
  /** How the help names the value. */
  readonly argument: string
  readonly environment: `SIP_DISPATCH_${string}`
  /** May be given several times; in the environment, separated by commas. */
  readonly repeatable?: true
  /** What holds where nothing is said. */
  readonly fallback?: readonly string[]
  readonly description: string
}

/** By the name that commander gives the flag's value. */
export const STANDALONE_SETTINGS = {
  rules: {
    flag: '--rules',
    argument: 'dir',
    environment: 'SIP_DISPATCH_RULES',
    description: 'folder of SipTrunk and DispatchRule manifests (required)',
  },
  listen: {
    flag: '--listen',
    argument: 'address',
    environment: 'SIP_DISPATCH_LISTEN',
    repeatable: true,
    fallback: ['udp://127.0.0.1:5060', 'tcp://127.0.0.1:5060'],
    description: 'where to take SIP: udp://HOST:PORT or tcp://HOST:PORT, HOST an IP address; port 0 takes a free one',
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
  http: {
    flag: '--http',
    argument: 'host:port',
    environment: 'SIP_DISPATCH_HTTP',
    fallback: ['127.0.0.1:9090'],
    description: 'where to serve /metrics, /livez and /readyz',
  },
  logLevel: {
    flag: '--log-level',
    argument: 'level',
    environment: 'SIP_DISPATCH_LOG_LEVEL',
    fallback: ['info'],
    description: 'debug, info, warn, error or silent',
  },
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
  cookieKeyFile: {
    flag: '--cookie-key-file',
    argument: 'file',
    environment: 'SIP_DISPATCH_COOKIE_KEY_FILE',
    repeatable: true,
    fallback: [],
    description:
      'key that signs dialog routes: the current one, then previous ones; without it a random one per process',
  },
} as const satisfies Readonly<Record<string, Setting>>

export type SettingName = keyof typeof STANDALONE_SETTINGS
