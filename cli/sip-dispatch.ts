#!/usr/bin/env node
/**
 * The start of every command. Signals are taken before the program is loaded: the first process of a container that does
 * not take SIGTERM cannot be ended by it, and one that does not take SIGUSR1 opens a debugger to whoever sends it.
 */
import { takeSignals } from './stop-signal.ts'

takeSignals()
const { main } = await import('./program.ts')
await main()
