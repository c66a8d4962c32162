/** The settings of the SIP engine: which engine it is, and what each engine needs. */
import { z } from 'zod'
import type { DrachtioConfig } from '../../ingress/sip/drachtio/drachtio-config.ts'
import type { ListenAddress } from '../../ingress/sip/native/native-engine.ts'
import type { DatagramsSetting } from '../../ingress/sip/native/transport/datagram/choose-datagrams.ts'
import { parseHttpAddress, parseListenAddress, parseServerAddress } from './address-text.ts'
import { isFile, one, optional, textOf } from './setting-value.ts'
import { USUAL_LISTEN } from './settings.ts'

const SERVER_FORM = 'tcp://HOST:PORT or tls://HOST:PORT, IPv6 in brackets'

const file = textOf((path) => (isFile(path) ? path : undefined), 'a file that can be read')

export const ENGINE_SHAPE = {
  engine: one(z.enum(['native', 'drachtio'], 'must be native or drachtio')),
  drachtio: z.array(textOf(parseServerAddress, SERVER_FORM)),
  drachtioListen: z.array(textOf(parseHttpAddress, 'HOST:PORT, IPv6 in brackets')),
  drachtioSecretFile: optional(file),
  drachtioSecret: optional(z.string()),
  drachtioCaFile: optional(file),
  drachtioIpv6Backends: one(z.enum(['pass-over', 'try'], 'must be pass-over or try')),
}

type EngineValues = z.infer<z.ZodObject<typeof ENGINE_SHAPE>> & {
  readonly listen: readonly ListenAddress[]
  readonly datagrams: DatagramsSetting
  readonly advertise: unknown
  readonly advertiseInternal: unknown
}

type SettingProblem = readonly [setting: keyof EngineValues, message: string]

/** Reports settings that do not fit the engine. Each problem names its setting. */
export function checkEngine(values: EngineValues, context: z.RefinementCtx<EngineValues>): void {
  const problems = values.engine === 'drachtio' ? drachtioProblems(values) : nativeProblems(values)
  for (const [setting, message] of problems) context.addIssue({ code: 'custom', path: [setting], message })
}

function drachtioProblems(values: EngineValues): SettingProblem[] {
  const { listen, advertise, advertiseInternal, drachtio, drachtioListen, drachtioSecret, drachtioSecretFile } = values
  const useless = 'has no use with --engine drachtio: the drachtio-server takes SIP, and is told its addresses itself'
  const problems: SettingProblem[] = []
  if (listen.length > 0) problems.push(['listen', useless])
  if (values.datagrams !== 'auto') problems.push(['datagrams', useless])
  if (advertise !== undefined) problems.push(['advertise', useless])
  if (advertiseInternal !== undefined) problems.push(['advertiseInternal', useless])
  if (drachtio.length + drachtioListen.length === 0) {
    problems.push(['drachtio', 'must be given with --engine drachtio, or --drachtio-listen'])
  }
  if (drachtioSecret === undefined && drachtioSecretFile === undefined) {
    const message = 'must be given with --engine drachtio, or the variable SIP_DISPATCH_DRACHTIO_SECRET'
    problems.push(['drachtioSecretFile', message])
  }
  return problems
}

/**
 * Reports drachtio settings that are useless with the native engine. The variable with the secret is not reported, because
 * another process of the pod may need it.
 */
function nativeProblems(values: EngineValues): SettingProblem[] {
  const { drachtio, drachtioListen, drachtioSecretFile, drachtioCaFile, drachtioIpv6Backends } = values
  const useless = 'has no use without --engine drachtio'
  const problems: SettingProblem[] = []
  if (drachtio.length > 0) problems.push(['drachtio', useless])
  if (drachtioListen.length > 0) problems.push(['drachtioListen', useless])
  if (drachtioSecretFile !== undefined) problems.push(['drachtioSecretFile', useless])
  if (drachtioCaFile !== undefined) problems.push(['drachtioCaFile', useless])
  if (drachtioIpv6Backends === 'try') problems.push(['drachtioIpv6Backends', useless])
  return problems
}

/** Moves the values of the drachtio engine into one object. For the native engine, fills in the default addresses. */
export function withEngine<V extends EngineValues>(values: V) {
  const {
    engine,
    drachtio: servers,
    drachtioListen,
    drachtioSecretFile,
    drachtioSecret,
    drachtioCaFile,
    drachtioIpv6Backends,
    ...rest
  } = values
  const config: DrachtioConfig = {
    servers,
    listen: drachtioListen,
    secretFile: drachtioSecretFile,
    secret: drachtioSecret,
    caFile: drachtioCaFile,
    ipv6Backends: drachtioIpv6Backends === 'try',
  }
  const usual = USUAL_LISTEN.map(parseListenAddress).filter((address) => address !== undefined)
  const listen = engine === 'native' && values.listen.length === 0 ? usual : values.listen
  return { ...rest, listen, drachtio: engine === 'drachtio' ? config : undefined }
}
