/**
 * Ends a process without losing a call, in three phases. Settle: the process goes on as usual while load balancers take it
 * out. Drain: the process refuses new calls and finishes the open transactions. Over: the process may end. A call may last
 * longer than the process, because any other process can route its BYE.
 */
import type { Clock, Timer } from '../time/clock.ts'
import { IDLE_LOOK_MS } from './limits.ts'

export type ShutdownPhase = 'serving' | 'settling' | 'draining' | 'over'

type ShutdownInput = 'leave' | 'settled' | 'idle' | 'deadline' | 'hurry'

export interface ShutdownOptions {
  readonly clock: Clock
  /** Milliseconds. `settleMs` begins with the phase `settling`, `drainDeadlineMs` with the phase `draining`. */
  readonly settleMs: number
  readonly drainDeadlineMs: number
  /** Called at the start of each phase, with the number of unfinished transactions. */
  readonly onPhase: (phase: Exclude<ShutdownPhase, 'serving'>, unfinished: number) => void
}

export interface Shutdown {
  readonly phase: ShutdownPhase
  /** True from the start of the shutdown. A load balancer should then choose another process. */
  readonly leaving: boolean
  /** Whether new calls are refused. */
  readonly draining: boolean
  /** Goes through the phases. Resolves when the process may end. `hurry` ends the waiting in any phase. */
  leave(unfinished: () => number, hurry: AbortSignal): Promise<void>
}

const PHASES: Readonly<Record<ShutdownPhase, Readonly<Partial<Record<ShutdownInput, ShutdownPhase>>>>> = {
  serving: { leave: 'settling', hurry: 'over' },
  settling: { settled: 'draining', hurry: 'over' },
  draining: { idle: 'over', deadline: 'over', hurry: 'over' },
  over: {},
}

export function createShutdown(options: ShutdownOptions): Shutdown {
  let phase: ShutdownPhase = 'serving'
  return {
    get phase() {
      return phase
    },
    get leaving() {
      return phase !== 'serving'
    },
    get draining() {
      return phase === 'draining' || phase === 'over'
    },
    leave: (unfinished, hurry) =>
      new Promise((resolve) => {
        const timers = createPhaseTimers(options, (input) => enter(input))
        const enter = (input: ShutdownInput): void => {
          // The drain ends when no transaction is unfinished. Until then, look again after a short time.
          if (input === 'idle' && unfinished() > 0) return timers.look()
          const next = PHASES[phase][input]
          if (next === undefined || next === 'serving') return
          phase = next
          options.onPhase(next, unfinished())
          timers.start(next)
          if (next === 'over') resolve()
        }
        hurry.addEventListener('abort', () => enter('hurry'))
        enter(hurry.aborted ? 'hurry' : 'leave')
      }),
  }
}

interface PhaseTimers {
  /** Stops the timers of the previous phase and starts the timers of the new phase. */
  start(phase: ShutdownPhase): void
  /** Checks after a short time whether all transactions are over. */
  look(): void
}

function createPhaseTimers(
  { clock, settleMs, drainDeadlineMs }: ShutdownOptions,
  enter: (input: ShutdownInput) => void,
): PhaseTimers {
  const running = new Map<ShutdownInput, Timer>()
  const set = (input: ShutdownInput, ms: number): void => {
    running.set(input, clock.after(ms, enter, input))
  }
  return {
    start: (phase) => {
      for (const timer of running.values()) clock.cancel(timer)
      running.clear()
      if (phase === 'settling') set('settled', settleMs)
      if (phase !== 'draining') return
      set('deadline', drainDeadlineMs)
      set('idle', 0)
    },
    look: () => set('idle', IDLE_LOOK_MS),
  }
}
