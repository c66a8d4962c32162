/** Abilities that some engines have and not all must have: docs/engines.md names them for users, and a suite checks each engine. */
import { type EngineStage, MARK, type StageOptions } from './engine-stage.ts'
import { headerOf, statusOf } from './sip-text.ts'

export type EngineName = 'native' | 'drachtio'

export interface Capability {
  /** The name in docs/engines.md. */
  readonly name: string
  readonly native: boolean
  readonly drachtio: boolean
  readonly options?: StageOptions
  /** Whether the engine on this stage has the ability. */
  readonly shown: (stage: EngineStage) => Promise<boolean>
}

export const CAPABILITIES: readonly Capability[] = [
  {
    name: 'no byte for a stranger’s INVITE',
    native: true,
    drachtio: false,
    shown: async (stage) => {
      const stranger = await stage.send({}, 'stranger')
      await (await stage.send({ method: 'OPTIONS' })).final()
      return stranger.silent()
    },
  },
  {
    name: 'no byte for a stranger’s other requests',
    native: true,
    drachtio: true,
    shown: async (stage) => {
      const stranger = await stage.send({ method: 'OPTIONS' }, 'stranger')
      await (await stage.send({ method: 'OPTIONS' })).final()
      return stranger.silent()
    },
  },
  {
    name: 'one Call-ID from caller to backend',
    native: true,
    drachtio: false,
    shown: async (stage) => {
      await stage.send({ callId: 'one-call-id' })
      return headerOf((await stage.invited(0)).text, 'Call-ID')[0] === 'one-call-id'
    },
  },
  {
    name: 'reliable provisional responses (100rel)',
    native: true,
    drachtio: false,
    shown: async (stage) => {
      await stage.send({ extra: ['Supported: 100rel'] })
      return headerOf((await stage.invited(0)).text, 'Supported').includes('100rel')
    },
  },
  {
    name: 'a 100 of a backend stops `timeouts.backend`',
    native: true,
    drachtio: false,
    options: { route: { backendTimeout: 1_000 } },
    // The second call ends later than the first one would: when it has ended, the first is known to go on.
    shown: async (stage) => {
      await stage.send({ extra: [`${MARK}: trying`] })
      await (await stage.invited(0, 'trying')).answer(100)
      await stage.send({ extra: [`${MARK}: dead`] })
      await stage.invited(1, 'dead')
      return !stage.hasInvited(1, 'trying')
    },
  },
  {
    name: 'calls outlive their process',
    native: true,
    drachtio: false,
    shown: async (stage) => {
      const caller = await stage.send()
      const invite = await stage.invited(0)
      await invite.answer(200)
      await caller.final()
      await caller.inside('ACK')
      await invite.gets('ACK')
      await stage.restart()
      const [bye] = await Promise.all([caller.inside('BYE'), invite.gets('BYE')])
      return statusOf(await bye.final()) === 200
    },
  },
]
